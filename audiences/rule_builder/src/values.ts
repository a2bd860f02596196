// A condition's value as one edits it (numbers and dates as typed), and as the document has it.

import type { Form } from "./catalogue";

export interface Duration {
  amount: string;
  unit: string;
}

export interface Sample {
  percent: string;
  seed: string;
}

export const UNITS = ["hour", "day", "week", "month", "year"];
export const PERIODS = ["day", "week", "month", "year"];

const NUMBER = /^[-+]?\d+([.]\d+)?$/;

export function read(takes: Form, value: unknown): unknown {
  switch (takes) {
    case "number":
      return value === undefined ? "" : String(value);
    case "list of numbers":
    case "two numbers":
      return Array.isArray(value) ? value.map(String) : value;
    case "duration": {
      const { amount, unit } = (value ?? {}) as Partial<Duration>;
      return { amount: String(amount ?? ""), unit: unit ?? "day" };
    }
    case "sample": {
      const { percent, seed } = (value ?? {}) as Partial<Sample>;
      return { percent: String(percent ?? ""), seed: seed ?? "" };
    }
    case "as it is":
      return value === undefined ? "" : JSON.stringify(value);
    default:
      return value;
  }
}

/** The value in the shape that a form has, as far as it can be taken over from another form. */
export function fit(takes: Form, value: unknown): unknown {
  const list = (Array.isArray(value) ? value : [value]).filter((one) => isScalar(one) && one !== "");
  switch (takes) {
    case "list of numbers":
    case "list of texts":
      return list.map(String);
    case "list of values":
      return list;
    case "two numbers":
    case "two dates":
      return [String(list[0] ?? ""), String(list[1] ?? "")];
    case "duration":
      return isObject(value) && "unit" in value ? value : { amount: "", unit: "day" };
    case "sample":
      return isObject(value) && "percent" in value ? value : { percent: "", seed: "" };
    case "period":
      return PERIODS.includes(value as string) ? value : "month";
    case "true or false":
      return typeof value === "boolean" ? value : true;
    case "nothing":
      return undefined;
    default:
      return String(list[0] ?? "");
  }
}

/** What a value lacks, in a sentence; empty when there is nothing to say. */
export function fault(takes: Form, raw: unknown): string {
  const value = fit(takes, raw);
  const texts = value as string[];
  const aNumber = "Give a number, such as 10 or 12.50.";
  switch (takes) {
    case "number":
      return isNumber(value) ? "" : aNumber;
    case "two numbers":
      return texts.every(isNumber) ? "" : "Give two numbers, the lower first.";
    case "list of numbers":
      if (!texts.every(isNumber)) return aNumber;
      return texts.length ? "" : "Give one or more numbers.";
    case "list of texts":
    case "list of values":
      return texts.length ? "" : "Give one or more values.";
    case "date":
      return value ? "" : "Give a date.";
    case "two dates":
      return texts.every(Boolean) ? "" : "Give two dates, the earlier first.";
    case "duration":
      return /^\d+$/.test((value as Duration).amount) ? "" : "Say how long.";
    case "sample":
      return isNumber((value as Sample).percent) ? "" : "Say how many per cent.";
    case "segment":
      return value ? "" : "Choose a segment.";
    case "audience":
      return value ? "" : "Choose an audience.";
    case "text":
      return value ? "" : "Give a text.";
    case "regular expression":
      return value ? "" : "Give a pattern.";
    default:
      return "";
  }
}

export function write(takes: Form, raw: unknown): unknown {
  const value = fit(takes, raw);
  switch (takes) {
    case "number":
      return numeral(value as string);
    case "list of numbers":
    case "two numbers":
      return (value as string[]).map(numeral);
    case "duration": {
      const { amount, unit } = value as Duration;
      return { amount: numeral(amount), unit };
    }
    case "sample": {
      const { percent, seed } = value as Sample;
      return { percent: numeral(percent), ...(seed ? { seed } : {}) };
    }
    case "as it is":
      return asItIs(value as string);
    default:
      return value;
  }
}

function asItIs(text: string): unknown {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** A number, where it is one exactly; else the text as typed, which the platform reads or refuses. */
function numeral(text: string): number | string {
  const digits = text.replace(/\D/g, "").length;
  return isNumber(text) && digits <= 15 ? Number(text) : text;
}

const isNumber = (value: unknown): boolean =>
  typeof value === "string" && NUMBER.test(value.trim());
const isScalar = (value: unknown): boolean =>
  ["string", "number", "boolean"].includes(typeof value);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
