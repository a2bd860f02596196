// The value of a condition: a control for each form that a value has.

import { useState } from "react";
import type { ValueEditorProps } from "react-querybuilder";
import { kindOf, operatorOf, type Form } from "./catalogue";
import { Combobox, type Option } from "./combobox";
import { hasCase, type Leaf } from "./document";
import { attributes, count, place, useFault, useSurroundings } from "./editors";
import { PERIODS, UNITS, fit, type Duration, type Sample } from "./values";

interface EditorProps {
  takes: Form;
  value: unknown;
  set: (value: unknown) => void;
  label: string;
  field: string;
  fault: ReturnType<typeof useFault>;
}

export function ValueEditor({ field, operator, value, handleOnChange, path, rule }: ValueEditorProps) {
  const { change } = useSurroundings();
  const { takes } = operatorOf(operator);
  const label = `Value of condition ${place(path)}`;
  const fault = useFault(rule.id);
  if (!field || !operator) return null;
  const leaf = rule as Leaf;
  return (
    <span className="rules-value">
      <Editor
        key={takes}
        {...{ takes, label, field, fault }}
        value={fit(takes, value)}
        set={handleOnChange}
      />
      {hasCase(takes) && (
        <label className="quiet rules-case">
          <input
            type="checkbox"
            className="tick"
            checked={Boolean(leaf.case_sensitive)}
            onChange={(event) => change(path, "case_sensitive", event.target.checked)}
          />{" "}
          Aa <span className="rules-unseen">(upper and lower case differ in {label})</span>
        </label>
      )}
    </span>
  );
}

function Editor(props: EditorProps) {
  const { takes, value, set, label, fault } = props;
  const placeholder = usePlaceholder(props.field);
  switch (takes) {
    case "nothing":
      return null;
    case "true or false":
      return (
        <select
          className="field"
          aria-label={label}
          value={String(value)}
          onChange={(event) => set(event.target.value === "true")}
        >
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      );
    case "period":
      return <Units {...{ label, value: value as string, set }} units={PERIODS} />;
    case "duration":
      return <DurationEditor {...props} />;
    case "sample":
      return <SampleEditor {...props} />;
    case "two numbers":
    case "two dates":
      return <Two {...props} />;
    case "segment":
    case "audience":
      return <Picker {...props} thing={takes} />;
    case "list of numbers":
    case "list of texts":
    case "list of values":
      return <Chips {...props} />;
    case "text":
      return <Suggested {...props} />;
    case "date":
      return <DateInput {...{ label, fault, set }} value={value as string} />;
    default:
      return <Line {...{ label, fault, set, takes, placeholder }} value={value as string} />;
  }
}

function usePlaceholder(field: string): string | undefined {
  return kindOf(useSurroundings().catalogue, field) === "money" ? "0.00" : undefined;
}

interface LineProps {
  label: string;
  value: string;
  set: (value: string) => void;
  fault: EditorProps["fault"];
  takes?: Form;
  placeholder?: string;
}

function Line({ label, value, set, fault, takes, placeholder }: LineProps) {
  const isNumber = takes === "number";
  return (
    <input
      className={isNumber ? "field rules-number" : "field"}
      aria-label={label}
      {...attributes(fault)}
      inputMode={isNumber ? "decimal" : undefined}
      placeholder={placeholder}
      spellCheck={false}
      autoComplete="off"
      value={value}
      onChange={(event) => set(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
    />
  );
}

/** A date from a calendar; a moment, which only programs write, as its text. */
function DateInput(props: LineProps) {
  if (props.value.length > 10) return <Line {...props} />;
  return (
    <input
      type="date"
      className="field"
      aria-label={props.label}
      {...attributes(props.fault)}
      value={props.value}
      onChange={(event) => props.set(event.target.value)}
      onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
    />
  );
}

function Two({ takes, value, set, label, field, fault }: EditorProps) {
  const [low, high] = value as [string, string];
  const One = takes === "two dates" ? DateInput : Line;
  const common = { fault, takes: "number" as Form, placeholder: usePlaceholder(field) };
  return (
    <>
      <One {...common} label={`${label}, from`} value={low} set={(one) => set([one, high])} />
      <span>to</span>
      <One {...common} label={`${label}, to`} value={high} set={(one) => set([low, one])} />
    </>
  );
}

function Units(props: {
  label: string;
  value: string;
  units: string[];
  set: (unit: string) => void;
  many?: boolean;
}) {
  return (
    <select
      className="field"
      aria-label={props.label}
      value={props.value}
      onChange={(event) => props.set(event.target.value)}
    >
      {props.units.map((unit) => (
        <option key={unit} value={unit}>
          {props.many ? `${unit}s` : unit}
        </option>
      ))}
    </select>
  );
}

function DurationEditor({ value, set, label, field, fault }: EditorProps) {
  const { catalogue } = useSurroundings();
  const { amount, unit } = value as Duration;
  const units = kindOf(catalogue, field) === "date" ? UNITS.slice(1) : UNITS;
  return (
    <>
      <Line
        {...{ label, fault, takes: "number", value: amount }}
        set={(given) => set({ amount: given, unit })}
      />
      <Units
        {...{ units, value: unit, many: amount !== "1", label: `${label}, unit` }}
        set={(given) => set({ amount, unit: given })}
      />
    </>
  );
}

function SampleEditor({ value, set, label, fault }: EditorProps) {
  const { percent, seed } = value as Sample;
  return (
    <>
      <Line
        {...{ label: `${label}, per cent`, fault, takes: "number", value: percent }}
        set={(given) => set({ percent: given, seed })}
      />
      <span>% of all, drawn as</span>
      <Line
        {...{ label: `${label}, name of the draw`, fault, value: seed, placeholder: "sample" }}
        set={(given) => set({ percent, seed: given })}
      />
    </>
  );
}

function Picker({ value, set, label, fault, thing }: EditorProps & { thing: "segment" | "audience" }) {
  const { session } = useSurroundings();
  const id = value as string;
  return (
    <Combobox
      label={label}
      shown={id && (session.given.names[id] ?? id)}
      placeholder={`Search the ${thing}s…`}
      {...fault}
      offer={(typed) => session.find(`${thing}s`, typed)}
      onPick={(option) => set(option.value)}
    />
  );
}

/** The commonest values of a field that fit what is typed. */
function useValues(field: string, takes: Form) {
  const { catalogue } = useSurroundings();
  const values = catalogue.fields.find(({ name }) => name === field)?.values ?? [];
  const isNumbers = takes === "list of numbers";
  return (typed: string): Option[] =>
    values
      .filter(([value]) => !isNumbers || typeof value === "number")
      .filter(([value]) => String(value).toLowerCase().includes(typed.trim().toLowerCase()))
      .map(([value, members]) => ({
        value: JSON.stringify(value),
        label: String(value),
        hint: count(members),
      }));
}

function Suggested({ value, set, label, field, takes, fault }: EditorProps) {
  const offer = useValues(field, takes);
  return (
    <Combobox
      {...{ label, offer, ...fault }}
      shown={value as string}
      onPick={(option) => set(option.label)}
      onType={set}
    />
  );
}

function Chips({ value, set, label, field, takes, fault }: EditorProps) {
  const offer = useValues(field, takes);
  const [told, tell] = useState("");
  const chips = value as unknown[];
  const isMixed = takes === "list of values";

  function add(given: unknown[]) {
    const fresh = given.filter((one) => one !== "" && !chips.includes(one));
    if (!fresh.length) return;
    set([...chips, ...fresh]);
    tell(`Added ${fresh.join(", ")}`);
  }

  function remove(at: number) {
    tell(`Removed ${String(chips[at])}`);
    set(chips.toSpliced(at, 1));
  }

  return (
    <span className="rules-chips">
      {chips.map((chip, at) => (
        <span key={`${typeof chip}${String(chip)}`} className="rules-chip">
          {isMixed && typeof chip !== "string" ? <em>{String(chip)}</em> : String(chip)}
          <button type="button" aria-label={`Remove ${String(chip)}`} onClick={() => remove(at)}>
            ×
          </button>
        </span>
      ))}
      <Combobox
        {...{ label, ...fault }}
        shown=""
        clears
        placeholder={chips.length ? "Another…" : "Type one, press Enter"}
        offer={(typed) => offer(typed).filter((one) => !chips.includes(picked(one, isMixed)))}
        onPick={(option) => add([picked(option, isMixed)])}
        onType={(typed) => add(typed.split(/[\n\t;]/).map((one) => one.trim()))}
        onErase={() => chips.length && remove(chips.length - 1)}
      />
      <span className="rules-unseen" role="status">
        {told}
      </span>
    </span>
  );
}

const picked = (option: Option, isMixed: boolean): unknown =>
  isMixed ? JSON.parse(option.value) : option.label;

