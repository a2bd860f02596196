// What a rule can ask for: the fields of the space, and the operators on each kind of them.

export type Kind = "text" | "number" | "money" | "date" | "moment" | "any";

/** The forms of a value, as the platform's catalogue calls them. */
export type Form =
  | "true or false"
  | "number"
  | "list of numbers"
  | "two numbers"
  | "date"
  | "two dates"
  | "duration"
  | "period"
  | "text"
  | "list of texts"
  | "regular expression"
  | "list of values"
  | "nothing"
  | "segment"
  | "audience"
  | "sample"
  | "as it is";

export interface Field {
  name: string;
  label: string;
  kind: Kind;
  types: Record<string, number> | null;
  members: number | null;
  values: [string | number | boolean, number][] | null;
  exact: boolean | null;
}

export interface Operator {
  name: string;
  label: string;
  takes: Form[];
}

export interface Catalogue {
  fields: Field[];
  operators: Record<Kind, Operator[]>;
}

export interface OperatorGroup {
  label: string;
  options: { name: string; label: string }[];
}

export const SEGMENT = "in_segment";
export const AUDIENCE = "in_audience";
export const SAMPLE = "sample";
export const METADATA = "metadata.";

// What is no field to the platform, but picked like one: here an operator is “in” or “not in”.
const MEMBERSHIPS: Record<string, { label: string; takes: Form; is: string; isNot: string }> = {
  [SEGMENT]: { label: "segment", takes: "segment", is: "is in", isNot: "is not in" },
  [AUDIENCE]: { label: "audience", takes: "audience", is: "is in", isNot: "is not in" },
  [SAMPLE]: { label: "random sample", takes: "sample", is: "is in", isNot: "is not in" },
};

export const isMembership = (name: string): boolean => name in MEMBERSHIPS;
export const membershipNames = Object.keys(MEMBERSHIPS);

export function fieldLabel(catalogue: Catalogue, name: string): string {
  if (isMembership(name)) return MEMBERSHIPS[name].label;
  if (name.startsWith(METADATA)) return name.slice(METADATA.length);
  return catalogue.fields.find((field) => field.name === name)?.label ?? name;
}

export function kindOf(catalogue: Catalogue, name: string): Kind | null {
  if (name.startsWith(METADATA)) return "any";
  return catalogue.fields.find((field) => field.name === name)?.kind ?? null;
}

/** An operator and the form of its value, as one name: in metadata “is” takes several forms. */
export const operatorKey = (name: string, takes: Form): string => `${name}|${takes}`;

export function operatorOf(key: string): { name: string; takes: Form } {
  const [name, takes] = key.split("|");
  return { name, takes: (takes || "as it is") as Form };
}

export function formsOf(catalogue: Catalogue, field: string, operator: string): Form[] {
  const kind = kindOf(catalogue, field);
  const known = kind && catalogue.operators[kind].find((one) => one.name === operator);
  return known ? known.takes : [];
}

const FAMILIES: [label: string, type: string, forms: Form[]][] = [
  ["As text", "text", ["text", "list of texts", "regular expression"]],
  ["As a number", "number", ["number", "list of numbers", "two numbers"]],
  ["As a date", "date", ["date", "two dates", "duration", "period"]],
  ["As true or false", "boolean", ["true or false"]],
  ["As a list", "array", ["list of values"]],
  ["Known or not", "", ["nothing"]],
];

/** The operators of a field; those of metadata by the type they take, the commonest there first. */
export function operatorGroups(catalogue: Catalogue, name: string): OperatorGroup[] {
  if (isMembership(name)) {
    const { takes, is, isNot } = MEMBERSHIPS[name];
    const options = [
      { name: operatorKey("is", takes), label: is },
      { name: operatorKey("is_not", takes), label: isNot },
    ];
    return [{ label: "", options }];
  }
  const kind = kindOf(catalogue, name);
  if (kind === null) return [];
  const known = catalogue.operators[kind];
  const options = (forms: Form[]) =>
    inPairs(known).flatMap((one) =>
      one.takes
        .filter((form) => forms.includes(form))
        .map((form) => ({ name: operatorKey(one.name, form), label: one.label })),
    );
  if (kind !== "any") return [{ label: "", options: options(FAMILIES.flatMap(([, , all]) => all)) }];
  const types = catalogue.fields.find((field) => field.name === name)?.types ?? {};
  return FAMILIES.toSorted((one, other) => (types[other[1]] ?? 0) - (types[one[1]] ?? 0)).map(
    ([label, , forms]) => ({ label, options: options(forms) }),
  );
}

const OPPOSITES: Record<string, string> = {
  equals: "not_equals",
  in: "not_in",
  contains: "not_contains",
  has_any: "has_none",
  is_present: "is_missing",
};

/** Each operator followed by its opposite, where there is one. */
function inPairs(operators: Operator[]): Operator[] {
  const named = new Map(operators.map((one) => [one.name, one]));
  const opposites = new Set(Object.values(OPPOSITES));
  return operators
    .filter((one) => !opposites.has(one.name))
    .flatMap((one) => [one, named.get(OPPOSITES[one.name])])
    .filter((one) => one !== undefined);
}

const USUAL: Record<Exclude<Kind, "any">, string> = {
  text: operatorKey("equals", "text"),
  number: operatorKey("greater_or_equal", "number"),
  money: operatorKey("greater_or_equal", "number"),
  date: operatorKey("within_last", "duration"),
  moment: operatorKey("within_last", "duration"),
};

/** The operator that one most likely wants. */
export function usualOperator(catalogue: Catalogue, field: string): string {
  const kind = kindOf(catalogue, field);
  if (kind !== null && kind !== "any") return USUAL[kind];
  return operatorGroups(catalogue, field)[0]?.options[0]?.name ?? "";
}
