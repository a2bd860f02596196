// A text field that offers what fits: by mouse, by arrow keys, and told to screen readers.

import { useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from "react";

export interface Option {
  value: string;
  label: string;
  hint?: string;
  group?: string;
}

interface Props {
  label: string;
  shown: string; // what it says while one isn't typing
  placeholder?: string;
  invalid?: boolean;
  describedBy?: string;
  offer: (typed: string) => Option[] | Promise<Option[]>;
  onPick: (option: Option) => void;
  onType?: (typed: string) => void; // given: what is typed counts, picked or not
  onErase?: () => void; // Backspace where nothing is typed
  clears?: boolean; // it is empty again after each pick
}

const WAIT = 200; // milliseconds after a key, before somebody else is asked

export function Combobox(props: Props) {
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null); // null: one isn't typing
  const [isOpen, setOpen] = useState(false);
  const [options, setOptions] = useState<Option[]>([]);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const offer = useRef(props.offer);
  offer.current = props.offer;
  const isFree = props.onType !== undefined;

  useEffect(() => {
    if (!isOpen) return;
    let isStale = false;
    const take = (found: Option[]) => {
      if (isStale) return;
      setOptions(found);
      setActive(isFree || !typed || !found.length ? -1 : 0);
    };
    const found = offer.current(typed ?? "");
    if (Array.isArray(found)) {
      take(found);
      return;
    }
    const timer = setTimeout(() => void found.then(take, () => take([])), typed ? WAIT : 0);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [isOpen, typed, isFree]);

  useLayoutEffect(() => place(isOpen && options.length > 0, input.current, list.current));

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active]);

  function pick(option: Option) {
    setTyped(props.clears ? "" : null);
    setOpen(Boolean(props.clears));
    setActive(-1);
    props.onPick(option);
  }

  function close() {
    setOpen(false);
    if (isFree && typed && props.clears) {
      props.onType?.(typed);
    }
    setTyped(null);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = options.length;
      if (count) setActive(active < 0 && step < 0 ? count - 1 : (active + step + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault(); // it would send the form
      if (isOpen && options[active]) pick(options[active]);
      else if (props.clears && typed) {
        props.onType?.(typed);
        setTyped("");
      }
    } else if (event.key === "Escape" && isOpen) {
      event.stopPropagation();
      setOpen(false);
      setTyped(null);
    } else if (event.key === "Backspace" && !typed) {
      props.onErase?.();
    }
  }

  return (
    <span className="rules-combobox">
      <input
        ref={input}
        className="field"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-label={props.label}
        aria-expanded={isOpen && options.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid={props.invalid || undefined}
        aria-describedby={props.describedBy}
        placeholder={props.placeholder}
        value={typed ?? props.shown}
        onChange={(event) => {
          setTyped(event.target.value);
          setOpen(true);
          if (isFree && !props.clears) props.onType?.(event.target.value);
        }}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData("text");
          if (props.clears && /[\n\t]/.test(pasted)) {
            event.preventDefault(); // a text field makes one line of a column of a spreadsheet
            props.onType?.(pasted);
          }
        }}
        onClick={() => setOpen(true)}
        onFocus={(event) => event.target.select()}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      <ul ref={list} id={id} role="listbox" aria-label={props.label} popover="manual">
        {options.map((option, at) => (
          <li
            key={option.value}
            id={`${id}-${at}`}
            role="option"
            aria-selected={at === active}
            data-group={option.group !== options[at - 1]?.group ? option.group : undefined}
            onPointerDown={(event) => event.preventDefault()} // which would take the focus away
            onClick={() => pick(option)}
          >
            <span>{option.label}</span>
            {option.hint && <span className="quiet">{option.hint}</span>}
          </li>
        ))}
      </ul>
    </span>
  );
}

/** Show the list under its field, above all else on the page, for as long as it is open. */
function place(isShown: boolean, input: HTMLElement | null, list: HTMLElement | null) {
  if (!input || !list) return;
  if (!isShown) {
    if (list.matches(":popover-open")) list.hidePopover();
    return;
  }
  if (!list.matches(":popover-open")) list.showPopover();
  const follow = () => {
    const box = input.getBoundingClientRect();
    const below = window.innerHeight - box.bottom - 12;
    const isAbove = below < 180 && box.top > below;
    list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - list.offsetWidth - 8))}px`;
    list.style.minWidth = `${box.width}px`;
    list.style.maxHeight = `${Math.min(320, isAbove ? box.top - 12 : below)}px`;
    list.style.top = isAbove ? "auto" : `${box.bottom + 4}px`;
    list.style.bottom = isAbove ? `${window.innerHeight - box.top + 4}px` : "auto";
  };
  follow();
  window.addEventListener("scroll", follow, true);
  window.addEventListener("resize", follow);
  return () => {
    window.removeEventListener("scroll", follow, true);
    window.removeEventListener("resize", follow);
  };
}
