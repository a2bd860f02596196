// The rule's document (docs/rules.md) as the tree that the builder edits, and back.

import { generateID, type RuleGroupType, type RuleType } from "react-querybuilder";
import {
  AUDIENCE,
  SAMPLE,
  SEGMENT,
  formsOf,
  isMembership,
  operatorKey,
  operatorOf,
  type Catalogue,
  type Form,
} from "./catalogue";
import { fault, read as readValue, write as writeValue } from "./values";

export type Document = { [form: string]: unknown };
export type Group = RuleGroupType<Leaf, Combinator>;
export type Leaf = RuleType & { case_sensitive?: boolean };
export type Combinator = "all" | "any" | "none" | "not_all";

export const COMBINATORS: { name: Combinator; label: string }[] = [
  { name: "all", label: "all of these" },
  { name: "any", label: "at least one of these" },
  { name: "none", label: "none of these" },
  { name: "not_all", label: "not all of these" },
];

export class Unreadable extends Error {}

export function read(document: unknown, catalogue: Catalogue): Group {
  if (document === null || document === undefined) return group("all", []);
  const tree = readAny(document, catalogue);
  return "rules" in tree ? tree : group("all", [tree]);
}

const group = (combinator: Combinator, rules: (Group | Leaf)[]): Group => ({
  id: generateID(),
  combinator,
  rules,
});

function readAny(document: unknown, catalogue: Catalogue): Group | Leaf {
  if (!isObject(document)) throw new Unreadable(`${JSON.stringify(document)} is no rule`);
  if ("field" in document) return readCondition(document, catalogue);
  const forms = Object.keys(document);
  if (forms.length !== 1) throw new Unreadable(`${JSON.stringify(document)} is no rule`);
  const [form] = forms;
  if (form === "all" || form === "any") return group(form, readList(document[form], catalogue));
  if (form === "not") return readNot(document.not, catalogue);
  if (isMembership(form)) return membership(form, "is", document[form]);
  throw new Unreadable(`“${form}” is not known`);
}

function readNot(inner: unknown, catalogue: Catalogue): Group | Leaf {
  if (isObject(inner) && Object.keys(inner).length === 1) {
    const [form] = Object.keys(inner);
    if (form === "not") return readAny(inner.not, catalogue);
    if (form === "any") return group("none", readList(inner.any, catalogue));
    if (form === "all") return group("not_all", readList(inner.all, catalogue));
    if (isMembership(form)) return membership(form, "is_not", inner[form]);
  }
  return group("none", [readAny(inner, catalogue)]);
}

function readList(rules: unknown, catalogue: Catalogue): (Group | Leaf)[] {
  if (!Array.isArray(rules)) throw new Unreadable(`${JSON.stringify(rules)} is no list of rules`);
  return rules.map((inner) => readAny(inner, catalogue));
}

function membership(form: string, operator: string, body: unknown): Leaf {
  const takes = { [SEGMENT]: "segment", [AUDIENCE]: "audience", [SAMPLE]: "sample" }[form] as Form;
  const value = readValue(takes, body);
  return { id: generateID(), field: form, operator: operatorKey(operator, takes), value };
}

const PARTS = ["field", "operator", "value", "case_sensitive"];

function readCondition(document: Document, catalogue: Catalogue): Leaf {
  const { field, operator, value, case_sensitive } = document;
  if (Object.keys(document).some((part) => !PARTS.includes(part)) || typeof field !== "string") {
    throw new Unreadable(`${JSON.stringify(document)} is no condition`);
  }
  const name = typeof operator === "string" ? operator : "";
  const takes = formOf(formsOf(catalogue, field, name), value);
  return {
    id: generateID(),
    field,
    operator: name && operatorKey(name, takes),
    value: readValue(takes, value),
    ...(case_sensitive === true ? { case_sensitive } : {}),
  };
}

/** Of the forms that an operator takes the one that the value is in. */
function formOf(forms: Form[], value: unknown): Form {
  if (forms.length < 2) return forms[0] ?? "as it is";
  const first: unknown = Array.isArray(value) ? value[0] : value;
  const isDate = typeof first === "string" && /^\d{4}-\d\d/.test(first);
  const fitting = forms.filter((form) => {
    if (form === "true or false") return typeof first === "boolean";
    if (form === "two dates") return isDate;
    if (form === "text" || form === "list of texts") return typeof first === "string";
    return form === "two numbers" ? !isDate : typeof first === "number";
  });
  return fitting[0] ?? forms.at(-1);
}

const isObject = (value: unknown): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export type Path = (string | number)[];

export interface Place {
  id: string;
  within: Combinator | null;
}

/** A document; whose each place in it is; and what is yet to be said, by the id of where. */
export interface Written {
  document: Document;
  places: Map<string, Place>;
  lacking: Map<string, string>;
}

export const keyOf = (path: Path): string => path.join("/");

export function write(root: Group): Written {
  const written: Written = { document: {}, places: new Map(), lacking: new Map() };
  written.document = writeAny(root, [], null, written);
  return written;
}

function writeAny(
  rule: Group | Leaf,
  path: Path,
  within: Combinator | null,
  written: Written,
): Document {
  const id = rule.id as string;
  written.places.set(keyOf(path), { id, within });
  if (!("rules" in rule)) return writeLeaf(rule, written);
  const combinator = rule.combinator;
  const negated = combinator === "none" || combinator === "not_all";
  const form = combinator === "any" || combinator === "none" ? "any" : "all";
  const inside = negated ? [...path, "not", form] : [...path, form];
  if (!rule.rules.length) written.lacking.set(id, "Add a condition.");
  const rules = rule.rules.map((inner, place) =>
    writeAny(inner, [...inside, place], combinator, written),
  );
  return negated ? { not: { [form]: rules } } : { [form]: rules };
}

function writeLeaf(leaf: Leaf, written: Written): Document {
  const { name, takes } = operatorOf(leaf.operator);
  const wrong = leaf.field ? fault(takes, leaf.value) : "Choose what to ask for.";
  if (wrong) written.lacking.set(leaf.id as string, wrong);
  const value = writeValue(takes, leaf.value);
  if (isMembership(leaf.field)) {
    const asked = { [leaf.field]: value };
    return name === "is_not" ? { not: asked } : asked;
  }
  return {
    field: leaf.field,
    operator: name,
    ...(value === undefined ? {} : { value }),
    ...(leaf.case_sensitive && hasCase(takes) ? { case_sensitive: true } : {}),
  };
}

export const hasCase = (takes: Form): boolean =>
  ["text", "list of texts", "regular expression", "list of values"].includes(takes);

/** Whose a problem is: that of the innermost place on the way to it. */
export function ownerOf(path: Path, places: Map<string, Place>): string | undefined {
  for (let length = path.length; length >= 0; length--) {
    const place = places.get(keyOf(path.slice(0, length)));
    if (place) return place.id;
  }
  return undefined;
}
