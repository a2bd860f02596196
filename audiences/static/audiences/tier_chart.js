// The histogram of an attribute, with the tiers as bands of it and each bound as a handle.
//
// A handle is a slider: it is dragged with the mouse or a finger, and moved with the arrow keys,
// Page Up and Page Down, Home and End.

import { Steps, membersBelow, shownNumber, shownPlace, tickOf } from "./tier_values.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
const HEIGHT = 100;
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

export class TierChart {
  #figure;
  #moved; // (which bound, where to)
  #shape = null;
  #tiers = [];
  #end = NaN;
  #handles = [];

  constructor(figure, moved) {
    this.#figure = figure;
    this.#moved = moved;
    figure.hidden = false;
    this.wait();
  }

  /** The picture's place is kept, so that nothing jumps. */
  wait() {
    this.#shape = null;
    this.#figure.replaceChildren(made("p", "tier-waiting quiet", "Counting the members…"));
  }

  sorry(said) {
    this.#shape = null;
    this.#figure.replaceChildren(made("p", "tier-waiting quiet", said));
  }

  show(shape) {
    this.#shape = shape;
    this.#handles = [];
    this.view = shape.long_tailed ? "middle" : "whole";
    this.#build();
  }

  get steps() {
    return new Steps(this.#low, this.#high, this.#shape);
  }

  /** Draw the tiers, ``{name, start}`` from the lowest to the highest, and where the last ends. */
  draw(tiers, end) {
    this.#tiers = tiers;
    this.#end = end;
    if (this.#shape) {
      this.#drawBars();
      this.#drawNames();
      this.#placeHandles();
    }
  }

  get #bars() {
    return this.#shape[this.view];
  }

  get #low() {
    return this.#bars.bounds[0];
  }

  get #high() {
    return this.#bars.bounds.at(-1);
  }

  #share(place) {
    const share = (place - this.#low) / (this.#high - this.#low);
    return Math.min(1, Math.max(0, share));
  }

  #build() {
    this.plot = made("div", "tier-plot");
    this.names = made("div", "tier-names");
    this.names.ariaHidden = "true"; // the handles say the same
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true"); // there is a table
    this.plot.append(this.svg);
    this.#figure.replaceChildren(this.names, this.plot, this.#axis(), this.#caption());
    this.#handles = [];
    this.draw(this.#tiers, this.#end);
  }

  #axis() {
    const axis = made("div", "tier-axis");
    axis.ariaHidden = "true";
    const bounds = this.#bars.bounds;
    const every = Math.ceil((bounds.length - 1) / 8);
    for (let place = 0; place < bounds.length; place += every) {
      const tick = made("span", "", tickOf(bounds[place], this.#shape, this.#high - this.#low));
      tick.style.setProperty("--at", this.#share(bounds[place]));
      axis.append(tick);
    }
    return axis;
  }

  #caption() {
    const { below, above } = this.#bars;
    const { members, everyone } = this.#shape;
    const said = [];
    if (members < everyone) {
      said.push(`${shownNumber(everyone - members)} of ${shownNumber(everyone)} members have no value.`);
    }
    if (below + above) {
      const sides = [
        below && `${shownNumber(below)} below ${shownPlace(this.#low, this.#shape)}`,
        above && `${shownNumber(above)} from ${shownPlace(this.#high, this.#shape)} up`,
      ];
      said.push(`Not in the picture: ${sides.filter(Boolean).join(", ")}.`);
    }
    const caption = made("figcaption", "quiet");
    caption.append(made("span", "", said.join(" ")), ...this.#viewChoice(), this.#table());
    return caption;
  }

  #viewChoice() {
    const { whole, middle } = this.#shape;
    if (whole.bounds[0] === middle.bounds[0] && whole.bounds.at(-1) === middle.bounds.at(-1)) {
      return [];
    }
    const label = made("label", "tier-fit");
    const box = made("input", "tick");
    box.type = "checkbox";
    box.checked = this.view === "middle";
    box.addEventListener("change", () => {
      this.view = box.checked ? "middle" : "whole";
      this.#build();
      this.#figure.querySelector(".tier-fit input").focus();
    });
    label.append(box, "Fit to the 1st to 99th percentile");
    return [label];
  }

  #table() {
    const details = made("details", "tier-numbers");
    const table = made("table");
    table.innerHTML = "<thead><tr><th>From</th><th>To under</th><th>Members</th></tr></thead>";
    const rows = document.createElement("tbody");
    const { bounds, counts } = this.#bars;
    counts.forEach((count, place) => {
      const ends = bounds.slice(place, place + 2).map((bound) => shownPlace(bound, this.#shape));
      const row = document.createElement("tr");
      row.append(...[...ends, shownNumber(count)].map((said) => made("td", "", said)));
      rows.append(row);
    });
    table.append(rows);
    const scroll = made("div", "panel-table");
    scroll.tabIndex = 0;
    scroll.role = "region";
    scroll.ariaLabel = "The numbers of the histogram";
    scroll.append(table);
    details.append(made("summary", "", "The numbers"), scroll);
    return details;
  }

  /** Where each band is: from, to, and its share of the colours; whatever is in none comes too. */
  #bands() {
    const starts = this.#tiers.map(({ start }) => start);
    const usable = starts.every((start, place) => start > (starts[place - 1] ?? -Infinity));
    if (!usable || !starts.length) {
      return [{ from: -Infinity, to: Infinity, share: null }];
    }
    const end = Number.isNaN(this.#end) ? Infinity : this.#end;
    const last = starts.length - 1;
    return [
      { from: -Infinity, to: starts[0], share: null },
      ...this.#tiers.map(({ name, start }, place) => ({
        name,
        from: start,
        to: starts[place + 1] ?? end,
        share: last ? place / last : 0.5,
      })),
      { from: end, to: Infinity, share: null },
    ];
  }

  #drawBars() {
    const { bounds, counts } = this.#bars;
    const tallest = Math.max(...counts, 1);
    const bands = this.#bands();
    const drawn = [];
    counts.forEach((count, place) => {
      const [start, end] = [bounds[place], bounds[place + 1]];
      for (const band of bands) {
        const [from, to] = [Math.max(start, band.from), Math.min(end, band.to)];
        if (count && from < to) {
          drawn.push(this.#bar(from, to, to === end, count / tallest, band.share));
        }
      }
    });
    this.svg.replaceChildren(...drawn);
  }

  #bar(from, to, whole, height, share) {
    const left = this.#share(from) * WIDTH;
    const gap = whole ? Math.min(2, WIDTH / this.#bars.counts.length / 5) : 0;
    const tall = Math.max(1, height * HEIGHT);
    const bar = document.createElementNS(SVG, "rect");
    bar.setAttribute("x", left);
    bar.setAttribute("width", Math.max(0.5, this.#share(to) * WIDTH - left - gap));
    bar.setAttribute("y", HEIGHT - tall);
    bar.setAttribute("height", tall);
    coloured(bar, share);
    return bar;
  }

  #drawNames() {
    const named = this.#bands().filter(({ share }) => share !== null);
    this.names.replaceChildren(
      ...named.map(({ name, from, to, share }) => {
        const [left, right] = [this.#share(from), this.#share(to)];
        const label = made("span", "", name);
        label.title = name;
        label.style.setProperty("--at", left);
        label.style.setProperty("--wide", right - left);
        coloured(label, share);
        return label;
      }),
    );
  }

  // The handles

  get #bounds() {
    const starts = this.#tiers.map(({ start, name }) => ({ place: start, label: `${name} begins` }));
    const last = this.#tiers.at(-1);
    return Number.isNaN(this.#end) || !last
      ? starts
      : [...starts, { place: this.#end, label: `${last.name} ends` }];
  }

  #placeHandles() {
    if (!this.#moved) {
      return;
    }
    const bounds = this.#bounds;
    while (this.#handles.length > bounds.length) {
      this.#handles.pop().remove();
    }
    while (this.#handles.length < bounds.length) {
      this.#handles.push(this.#handle(this.#handles.length));
    }
    bounds.forEach(({ place, label }, which) => {
      const handle = this.#handles[which];
      handle.hidden = Number.isNaN(place);
      if (handle.hidden) {
        return;
      }
      const said = shownPlace(place, this.#shape);
      const [least, most] = this.#limits(which);
      const beyond = place > this.#high ? "›" : place < this.#low ? "‹" : "";
      handle.style.setProperty("--at", this.#share(place));
      handle.style.zIndex = place > this.#high ? bounds.length - which : which + 1;
      handle.ariaLabel = label;
      handle.ariaValueMin = least;
      handle.ariaValueMax = most;
      handle.ariaValueNow = place;
      handle.ariaValueText = `${said}: ${this.#held(which)}`;
      handle.firstChild.textContent = beyond === "‹" ? `‹ ${said}` : `${said} ${beyond}`.trim();
    });
  }

  /** What the tiers on both sides of a bound would hold, in words. */
  #held(which) {
    const places = this.#bounds.map(({ place }) => membersBelow(place, this.#shape));
    const held = (first) => (places[first + 1] ?? this.#shape.members) - places[first];
    return [which - 1, which]
      .filter((place) => this.#tiers[place])
      .map((place) => `about ${shownNumber(Math.max(0, held(place)))} in ${this.#tiers[place].name}`)
      .join(", ");
  }

  /** Between which places a bound may be: those beside it, else the picture's ends. */
  #limits(which) {
    const places = this.#bounds.map(({ place }) => place);
    const [before, here, after] = [places[which - 1], places[which], places[which + 1]];
    const { size } = this.steps;
    const unit = after - before < 4 * size ? this.#shape.unit : size;
    return [
      before === undefined || Number.isNaN(before) ? Math.min(here, this.#low) : before + unit,
      after === undefined || Number.isNaN(after) ? Math.max(here, this.#high) : after - unit,
    ];
  }

  #move(which, place) {
    const [least, most] = this.#limits(which);
    const here = this.#bounds[which].place;
    const to = Math.min(most, Math.max(least, place));
    if (least <= most && to !== here) {
      this.#moved(which, to);
    }
  }

  #handle(which) {
    const handle = made("div", "tier-handle");
    handle.append(made("span", "tier-flag"));
    handle.role = "slider";
    handle.tabIndex = 0;
    handle.addEventListener("keydown", (event) => this.#key(event, which));
    handle.addEventListener("pointerdown", (event) => this.#grab(event, handle, which));
    this.plot.append(handle);
    return handle;
  }

  #key(event, which) {
    const here = this.#bounds[which].place;
    const [least, most] = this.#limits(which);
    const ends = { Home: least, End: most };
    const to = ends[event.key] ?? (event.key in STEPS ? this.steps.from(here, STEPS[event.key]) : null);
    if (to !== null && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.#move(which, to);
    }
  }

  #grab(event, handle, which) {
    if (event.button !== 0) {
      return;
    }
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    handle.classList.add("held");
    const box = this.plot.getBoundingClientRect();
    const at = ({ clientX }) => this.#low + ((clientX - box.left) / box.width) * (this.#high - this.#low);
    const off = at(event) - (this.#low + this.#share(this.#bounds[which].place) * (this.#high - this.#low));
    const drag = (moved) => this.#move(which, this.steps.nearest(at(moved) - off));
    const drop = () => {
      handle.classList.remove("held");
      handle.removeEventListener("pointermove", drag);
    };
    handle.addEventListener("pointermove", drag);
    handle.addEventListener("lostpointercapture", drop, { once: true });
  }
}

export function coloured(element, share) {
  element.classList.add(share === null ? "in-none" : "band");
  if (share !== null) {
    element.style.setProperty("--share", `${Math.round(share * 100)}%`);
  }
}

export function made(tag, names = "", said = "") {
  const element = document.createElement(tag);
  element.className = names;
  element.textContent = said;
  return element;
}
