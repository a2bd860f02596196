// What all controls of a condition know, and those of its field and its operator.

import { createContext, useContext } from "react";
import type {
  CombinatorSelectorProps,
  FieldSelectorProps,
  OperatorSelectorProps,
} from "react-querybuilder";
import {
  METADATA,
  fieldLabel,
  membershipNames,
  operatorGroups,
  operatorOf,
  type Catalogue,
  type Field,
} from "./catalogue";
import { Combobox, type Option } from "./combobox";
import { COMBINATORS } from "./document";
import type { Session, Step } from "./session";

/** What there is to say of a condition or group, by its id. */
export interface Said {
  step?: Step & { within: string | null };
  problems: string[];
  isWrong: boolean; // not just yet to be filled in
}

export interface Surroundings {
  session: Session;
  catalogue: Catalogue;
  said: Map<string, Said>;
  everyone: number;
  change: (path: number[], part: string, value: unknown) => void;
}

export const Surrounding = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const found = useContext(Surrounding);
  if (!found) throw new Error("outside the builder");
  return found;
}

/** “condition 2.1”: how a control says whose it is. */
export const place = (path: number[]): string => path.map((each) => each + 1).join(".");
export const count = (number: number): string => number.toLocaleString();

export function useFault(id: string | undefined) {
  const said = useSurroundings().said.get(id ?? "");
  const isWrong = Boolean(said?.isWrong && said.problems.length);
  return { invalid: isWrong, describedBy: said?.problems.length ? `problem-${id}` : undefined };
}

export function CombinatorSelector({ value, handleOnChange, path }: CombinatorSelectorProps) {
  const whose = path.length ? `group ${place(path)}` : "the rule";
  return (
    <select
      className="field rules-combinator"
      aria-label={`How the conditions of ${whose} go together`}
      value={value}
      onChange={(event) => handleOnChange(event.target.value)}
    >
      {COMBINATORS.map(({ name, label }) => (
        <option key={name} value={name}>
          {label}
        </option>
      ))}
    </select>
  );
}

export function FieldSelector({ value, handleOnChange, path, rule }: FieldSelectorProps) {
  const { catalogue } = useSurroundings();
  return (
    <Combobox
      label={`What condition ${place(path)} asks for`}
      shown={value ? fieldLabel(catalogue, value) : ""}
      placeholder="Search the fields…"
      {...useFault(value ? undefined : rule.id)}
      offer={(typed) => fieldOptions(catalogue, typed)}
      onPick={(option) => handleOnChange(option.value)}
    />
  );
}

const LAYER = "What is known besides (metadata)";

function fieldOptions(catalogue: Catalogue, typed: string): Option[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [
    ...membershipNames.map((name) => option(catalogue, name, "Belongs to", "")),
    ...catalogue.fields.map((field) =>
      field.name.startsWith(METADATA)
        ? option(catalogue, field.name, LAYER, hintOf(field))
        : option(catalogue, field.name, "About the member", ""),
    ),
  ];
  const text = (one: Option) => `${one.label} ${one.value} ${one.value.replaceAll("_", " ")}`;
  const found = all
    .filter((one) => words.every((word) => text(one).toLowerCase().includes(word)))
    .toSorted((one, other) => rank(one, words) - rank(other, words));
  const path = METADATA + typed.trim().replace(/^metadata[.]/, "");
  if (/^[^\s.][^.]*([.][^.]+)*$/.test(path) && typed && !all.some(({ value }) => value === path)) {
    found.push({ value: path, label: path, hint: "nobody seen has it", group: "Another path" });
  }
  return found;
}

/** What begins with what is typed comes first. */
const rank = ({ label }: Option, words: string[]): number =>
  label.toLowerCase().startsWith(words.join(" ")) ? 0 : 1;

const option = (catalogue: Catalogue, name: string, group: string, hint: string): Option => ({
  value: name,
  label: fieldLabel(catalogue, name),
  hint,
  group,
});

function hintOf({ members, exact }: Field): string {
  return members === null ? "" : `${exact ? "" : "about "}${count(members)} have it`;
}

export function OperatorSelector({ value, handleOnChange, path, rule, field }: OperatorSelectorProps) {
  const { catalogue } = useSurroundings();
  if (!field) return null;
  const groups = operatorGroups(catalogue, field);
  const isKnown = groups.some(({ options }) => options.some(({ name }) => name === value));
  return (
    <select
      className="field"
      aria-label={`How condition ${place(path)} compares`}
      value={value}
      onChange={(event) => handleOnChange(event.target.value)}
      {...attributes(useFault(isKnown ? undefined : rule.id))}
    >
      {!isKnown && <option value={value}>{operatorOf(value ?? "").name || "Choose"}</option>}
      {groups.map(({ label, options }) => {
        const drawn = options.map((one) => (
          <option key={one.name} value={one.name}>
            {one.label}
          </option>
        ));
        return label ? (
          <optgroup key={label} label={label}>
            {drawn}
          </optgroup>
        ) : (
          drawn
        );
      })}
    </select>
  );
}

export const attributes = ({ invalid, describedBy }: ReturnType<typeof useFault>) => ({
  "aria-invalid": invalid || undefined,
  "aria-describedby": describedBy,
});
