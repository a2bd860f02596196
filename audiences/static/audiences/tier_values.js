// Values of an attribute as places on a line: numbers as they are, days counted from 1970.

const DAY = 86_400_000;
const MONTHLY = 6 * 366; // days; in a wider picture a pixel is most of a week, so bounds go by months
const PLAIN_DAY = /^\d{4}-\d\d-\d\d$/;

/** What a field says as a place, or NaN. */
export function placeOf(text, days) {
  const said = text.trim();
  if (!days) {
    return said === "" ? NaN : Number(said);
  }
  return /^\d{4}-\d\d-\d\d/.test(said) ? Date.parse(said) / DAY : NaN;
}

/** A place as a field says it. */
export function textOf(place, shape) {
  if (shape.days) {
    return new Date(Math.round(place) * DAY).toISOString().slice(0, 10);
  }
  return String(Number(place.toFixed(Math.max(0, Math.round(-Math.log10(shape.unit))))));
}

/** Whether a field says a moment, and not just a day. */
export function isMoment(text) {
  return /^\d{4}-\d\d-\d\dT?/.test(text) && !PLAIN_DAY.test(text);
}

export function shownPlace(place, shape) {
  if (!shape.days) {
    return shownNumber(place);
  }
  const form = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat("en-GB", form).format(place * DAY);
}

/** A place on the axis, as short as can be. */
export function tickOf(place, shape, width) {
  if (!shape.days) {
    const short = { notation: Math.abs(place) >= 1e5 ? "compact" : "standard" };
    return new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3, ...short }).format(place);
  }
  const year = { year: "numeric", timeZone: "UTC" };
  const form = width > 365 * 8 ? year : { month: "short", ...year };
  return new Intl.DateTimeFormat("en-GB", width < 200 ? { day: "numeric", ...form } : form).format(
    place * DAY,
  );
}

export function shownNumber(number) {
  return new Intl.NumberFormat("en-GB", { maximumFractionDigits: 6 }).format(number);
}

/** How bounds move in a picture from low to high: to the nearest that is worth choosing, and on by
 * steps, of which a large one is ten, or a year. */
export class Steps {
  constructor(low, high, shape) {
    this.shape = shape;
    this.monthly = shape.days && high - low > MONTHLY;
    this.size = shape.days ? 1 : Math.max(shape.unit, round((high - low) / 200));
  }

  nearest(place) {
    if (!this.monthly) {
      return this.#plain(Math.round(place / this.size) * this.size);
    }
    const date = new Date(place * DAY);
    const later = date.getUTCDate() > 15 ? 1 : 0;
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later, 1) / DAY;
  }

  from(place, count) {
    if (!this.monthly) {
      return this.#plain(place + count * this.size);
    }
    const date = new Date(place * DAY);
    const months = Math.abs(count) === 1 ? count : Math.sign(count) * 12;
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate()) / DAY;
  }

  #plain(place) {
    return placeOf(textOf(place, this.shape), this.shape.days);
  }
}

function round(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= least * 0.999);
}

/** About how many members are below a place. */
export function membersBelow(place, shape) {
  const { at, below } = shape;
  const next = at.findIndex((known) => known >= place);
  if (next < 0) {
    return shape.members;
  }
  if (shape.exact || next === 0 || at[next] === place) {
    return below[next];
  }
  const share = (place - at[next - 1]) / (at[next] - at[next - 1]);
  return Math.round(below[next - 1] + share * (below[next] - below[next - 1]));
}

/** The place that has about this many members below it. */
export function placeWithBelow(count, shape) {
  const after = shape.below.findIndex((known) => known >= count);
  if (after < 0) {
    return shape.at.at(-1);
  }
  const nearer = after > 0 && count - shape.below[after - 1] < shape.below[after] - count;
  return shape.at[nearer ? after - 1 : after];
}
