// Puts a builder in the place of every field that holds a rule, now and whenever one is added to
// the page. The field stays in the form, unseen, and holds what is sent.

import { createRoot } from "react-dom/client";
import { flushSync } from "react-dom";
import { Builder } from "./builder";
import { Unreadable, read, write, type Group, type Written } from "./document";
import { forget, keep, kept } from "./kept";
import { Session, type Given } from "./session";
import "./rule-builder.css";

async function mount(field: HTMLTextAreaElement) {
  const given = JSON.parse(field.dataset.ruleBuilder ?? "") as Given;
  const form = field.form as HTMLFormElement;
  const token = form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
  const session = new Session(given, token);
  const original = field.value;
  const holder = document.createElement("div");
  holder.className = "rules-holder";
  holder.textContent = "Looking up the fields of the space…";
  field.after(holder);
  show(field, holder, false);
  const tell = (text: string) => {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.append(text);
    holder.prepend(notice);
    return notice;
  };
  try {
    const catalogue = await session.catalogue();
    holder.textContent = "";
    const saved = read(parse(original), catalogue);
    const draft = kept(field);
    Object.assign(given.names, draft?.names);
    const place = document.createElement("div");
    holder.append(place);
    const root = createRoot(place);
    const unchanged = JSON.stringify(write(saved).document);
    const state: { written?: Written; isTried: boolean; key: number } = { isTried: false, key: 0 };
    const draw = (start: Group) =>
      root.render(
        <Builder
          key={state.key}
          {...{ session, catalogue, start, isTried: state.isTried }}
          onChange={(written, query) => {
            const text = JSON.stringify(written.document);
            state.written = written;
            const isChanged = text !== unchanged;
            const value = isChanged ? text : original;
            if (value === field.value) return;
            field.value = value;
            for (const name of ["input", "change"]) {
              field.dispatchEvent(new Event(name, { bubbles: true }));
            }
            if (isChanged) keep(field, { original, query, names: given.names });
            else forget(field);
          }}
        />,
      );
    if (draft) {
      const notice = tell("You had not saved this yet: it is as you left it. ");
      const back = document.createElement("button");
      back.type = "button";
      back.className = "button";
      back.textContent = original.trim() === "null" || !original ? "Begin anew" : "Back to what is saved";
      back.addEventListener("click", () => {
        forget(field);
        notice.remove();
        state.key += 1;
        draw(saved);
      });
      notice.append(back);
    }
    draw(draft?.query ?? saved);
    form.addEventListener("submit", (event) => {
      if (!field.isConnected) return;
      if (!state.written?.lacking.size) {
        forget(field);
        return;
      }
      event.preventDefault();
      state.isTried = true;
      flushSync(() => draw(saved));
      const wrong = holder.querySelector<HTMLElement>("[aria-invalid=true], .rules-problem");
      wrong?.scrollIntoView({ block: "center" });
      wrong?.focus();
    });
  } catch (error) {
    holder.textContent = "";
    show(field, holder, true);
    const why = error instanceof Unreadable ? `${error.message}.` : (error as Error).message;
    tell(`The rule is shown as its document, not as conditions. ${why}`);
  }
}

function parse(text: string): unknown {
  try {
    return text.trim() ? JSON.parse(text) : null;
  } catch {
    throw new Unreadable("It is not JSON");
  }
}

/** The field, and what is said below it of JSON, is for who has no builder. What the builder itself
 * says of problems, each at its condition, need not stand below it too. */
function show(field: HTMLTextAreaElement, holder: HTMLElement, isShown: boolean) {
  field.hidden = !isShown;
  holder.closest(".field-line")?.classList.toggle("rules-line", !isShown);
}

const mounted = new WeakSet<Element>();

function mountAll() {
  for (const field of document.querySelectorAll<HTMLTextAreaElement>("[data-rule-builder]")) {
    if (mounted.has(field)) continue;
    mounted.add(field);
    void mount(field);
  }
}

mountAll();
new MutationObserver(mountAll).observe(document.body, { childList: true, subtree: true });
