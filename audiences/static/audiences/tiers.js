// The page of tiers: the table of their names and bounds, in step with the histogram, and who would
// move, counted as one edits. Without this script the same form is looked at and saved by its buttons.

import { TierChart, coloured } from "./tier_chart.js";
import {
  isMoment,
  membersBelow,
  placeOf,
  placeWithBelow,
  shownNumber,
  textOf,
} from "./tier_values.js";

const WHILE_DRAGGED = 150; // ms between what is asked
const AFTER_TYPING = 400;

const form = document.querySelector("[data-tiers]");
const editable = "editable" in form.dataset;
const body = form.querySelector("tbody");
const moves = form.querySelector("#moves");
const shapes = new Map(); // by attribute, for as long as the page is open
let shape = null;
let blankRow = null; // a row to fill in, and the one under it

const chart = new TierChart(form.querySelector("[data-chart]"), editable ? moveBound : null);

// The rows: a tier, and under it what is wrong with it

const rows = () => [...body.querySelectorAll("[data-tier]")];
const nameOf = (row) => row.querySelector("[name=tier_name]");
const startOf = (row) => row.querySelector("[name=tier_start]");
const said = (row) => (editable ? startOf(row).value : row.dataset.start);

function bounds() {
  const days = shape?.days ?? false;
  const tiers = rows().map((row, place) => ({
    name: (editable ? nameOf(row).value : row.querySelector("a").textContent).trim() || `tier ${place + 1}`,
    start: placeOf(said(row), days),
  }));
  return { tiers, end: editable ? placeOf(form.elements.last_end.value, days) : NaN };
}

function draw() {
  const { tiers, end } = bounds();
  chart.draw(tiers, end);
  rows().forEach((row, place) => {
    const swatch = row.querySelector(".swatch");
    swatch.hidden = false;
    coloured(swatch, tiers.length > 1 ? place / (tiers.length - 1) : 0.5);
  });
}

function write(field, place) {
  const moment = [...rows().map(startOf), form.elements.last_end].some(({ value }) => isMoment(value));
  const text = textOf(place, shape);
  if (shape.days && moment) {
    field.type = "text";
    field.value = `${text}T00:00:00Z`; // bounds are all of one kind
  } else {
    field.value = text;
  }
}

function moveBound(which, place) {
  const row = rows()[which];
  write(row ? startOf(row) : form.elements.last_end, place);
  changed(WHILE_DRAGGED);
}

function number() {
  rows().forEach((row, place) => {
    nameOf(row).ariaLabel = `Name of tier ${place + 1}`;
    startOf(row).ariaLabel = `Where tier ${place + 1} begins`;
    const name = nameOf(row).value || `tier ${place + 1}`;
    const [up, down, out] = row.querySelectorAll(".tier-tools button");
    up.ariaLabel = `Move ${name} up`;
    down.ariaLabel = `Move ${name} down`;
    out.ariaLabel = `Take out ${name}`;
    up.disabled = place === 0;
    down.disabled = place === rows().length - 1;
  });
}

function addRow(name, start) {
  body.append(...blankRow.cloneNode(true).children);
  const row = rows().at(-1);
  nameOf(row).value = name;
  kindOf(startOf(row));
  startOf(row).value = start;
  return row;
}

function freeName() {
  const taken = new Set(rows().map((row) => nameOf(row).value.trim().toLowerCase()));
  let place = rows().length + 1;
  while (taken.has(`tier ${place}`)) {
    place += 1;
  }
  return `Tier ${place}`;
}

/** A tier more, which takes the upper half of the last one's members. */
function add() {
  const { tiers, end } = bounds();
  const last = tiers.at(-1)?.start ?? NaN;
  let start = "";
  if (shape && Number.isNaN(last)) {
    start = shape.first;
  } else if (shape) {
    const below = membersBelow(last, shape);
    const all = Number.isNaN(end) ? shape.members : membersBelow(end, shape);
    const half = chart.steps.nearest(placeWithBelow((below + all) / 2, shape));
    start = textOf(half > last && !(half >= end) ? half : chart.steps.from(last, 1), shape);
  }
  const row = addRow(freeName(), start);
  changed();
  nameOf(row).select();
}

/** Bounds at which the tiers hold the same number of members, as near as can be. */
function even() {
  const count = rows().length;
  let before = placeOf(String(shape.first), shape.days);
  rows().forEach((row, place) => {
    kindOf(startOf(row));
    if (place === 0) {
      startOf(row).value = shape.first;
      return;
    }
    const exactly = placeWithBelow((shape.members * place) / count, shape);
    const rounded = chart.steps.nearest(exactly);
    const start = [rounded, exactly].find((one) => one > before) ?? before + shape.unit;
    startOf(row).value = textOf(start, shape);
    before = start;
  });
  form.elements.last_end.value = "";
  changed();
}

/** Change places with a neighbour; the bounds stay where they are. */
function swap(row, by) {
  const all = rows();
  const other = all[all.indexOf(row) + by];
  const starts = [startOf(row).value, startOf(other).value];
  const problem = other.nextElementSibling;
  if (by < 0) {
    row.nextElementSibling.after(other, problem);
  } else {
    row.before(other, problem);
  }
  [startOf(other).value, startOf(row).value] = starts;
  changed();
}

function takeOut(row) {
  const at = rows().indexOf(row);
  const next = rows()[at + 1] ?? rows()[at - 1];
  row.nextElementSibling.remove();
  row.remove();
  (next ? next.querySelector("[data-take-out]") : form.querySelector("[data-add]")).focus();
  changed();
}

// The histogram

function kindOf(field) {
  if (shape && !isMoment(field.value)) {
    field.type = shape.days ? "date" : "text";
    field.inputMode = shape.days ? "" : "decimal";
  }
}

async function loadShape() {
  const attribute = form.elements.attribute?.value ?? form.dataset.attribute;
  chart.wait();
  shape = null;
  if (!shapes.has(attribute)) {
    const asked = new URLSearchParams({ attribute, space: form.elements.space.value });
    shapes.set(attribute, await told(await fetch(`${form.dataset.shapeUrl}?${asked}`)));
  }
  if (form.elements.attribute && form.elements.attribute.value !== attribute) {
    return false; // another was chosen meanwhile
  }
  const found = shapes.get(attribute);
  if (!found.members) {
    chart.sorry("No member has a value of this yet, so there is nothing to show.");
    return true;
  }
  shape = found;
  chart.show(shape);
  if (editable) {
    [...rows().map(startOf), form.elements.last_end].forEach(kindOf);
  }
  draw();
  return true;
}

async function told(answer) {
  if (!answer.ok || !answer.headers.get("Content-Type").includes("json")) {
    throw new Error(`${answer.status} ${answer.url}`);
  }
  return answer.json();
}

// Who would move

let timer = 0;
let asking = false;
let dirty = false;
let touched = false;

function changed(wait = AFTER_TYPING) {
  touched = true;
  number();
  draw();
  estimate();
  if (wait !== WHILE_DRAGGED) {
    clearTimeout(timer);
    timer = 0;
  }
  ask(wait);
}

function estimate() {
  moves.ariaBusy = "true";
  if (!shape) {
    return;
  }
  const { tiers, end } = bounds();
  const places = [...tiers.map(({ start }) => start), end];
  const below = places.map((place) => (Number.isNaN(place) ? shape.members : membersBelow(place, shape)));
  rows().forEach((row, place) => {
    const count = below[place + 1] - below[place];
    row.querySelector("[data-then]").textContent = count >= 0 ? `about ${shownNumber(count)}` : "–";
  });
}

function ask(wait) {
  dirty = true;
  if (!timer && !asking) {
    timer = setTimeout(look, wait);
  }
}

async function look() {
  timer = 0;
  asking = true;
  dirty = false;
  const sent = rows().filter((row) => nameOf(row).value.trim() || startOf(row).value.trim());
  try {
    const answer = await told(
      await fetch(form.dataset.movesUrl, { method: "POST", body: new FormData(form) }),
    );
    if (!dirty) {
      showMoves(answer, sent);
    } else if (answer.moves) {
      moves.innerHTML = answer.moves;
    }
  } catch (error) {
    const failed = "Who would move could not be counted. Are you still logged in? Change something to try again.";
    showProblems({ "": failed }, sent);
    console.warn(error);
  }
  asking = false;
  if (dirty) {
    ask(WHILE_DRAGGED);
  }
}

function showMoves(answer, sent) {
  const save = form.querySelector("[value=save]");
  const wrong = Object.keys(answer.problems).length > 0;
  showProblems(answer.problems, sent);
  save.hidden = false;
  save.disabled = wrong;
  form.elements.seen.value = answer.seen ?? "";
  moves.hidden = wrong;
  if (wrong) {
    rows().forEach((row) => (row.querySelector("[data-then]").textContent = "–"));
    return;
  }
  moves.innerHTML = answer.moves;
  moves.ariaBusy = "false";
  sent.forEach((row, place) => {
    row.querySelector("[data-then]").textContent = shownNumber(answer.then[place]);
  });
  form.querySelector("[data-status]").textContent = moves.querySelector("[data-said]").textContent;
}

function showProblems(problems, sent) {
  const whole = form.querySelector("[data-problems]");
  whole.textContent = problems[""] ?? "";
  whole.hidden = !problems[""];
  rows().forEach((row) => {
    const place = sent.indexOf(row);
    const line = row.nextElementSibling;
    const found = ["name", "start", "id"].map((column) => problems[`${column}-${place}`]);
    line.firstElementChild.textContent = found.filter(Boolean).join(" ");
    line.firstElementChild.id = `tier-${place + 1}-problem`;
    line.hidden = !found.some(Boolean);
    mark(nameOf(row), found[0] || found[2], line.firstElementChild.id);
    mark(startOf(row), found[1], line.firstElementChild.id);
  });
  for (const [key, id] of [["attribute", "group-attribute"], ["last_end", "last-end"]]) {
    const line = document.getElementById(`${id}-problem`);
    line.textContent = problems[key] ?? "";
    line.hidden = !problems[key];
    mark(document.getElementById(id), problems[key], line.id);
  }
}

function mark(field, problem, id) {
  field.toggleAttribute("aria-invalid", false);
  field.removeAttribute("aria-describedby");
  if (problem) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
  }
}

function takeBlankRows() {
  const blank = body.querySelector("[data-blank]");
  blankRow = document.createElement("tbody");
  blankRow.append(blank.cloneNode(true), blank.nextElementSibling.cloneNode(true));
  blankRow.firstElementChild.removeAttribute("data-blank");
  blankRow.querySelector(".tier-tools").hidden = false;
  for (const row of body.querySelectorAll("[data-blank]")) {
    row.nextElementSibling.remove();
    row.remove();
  }
}

function listen() {
  form.addEventListener("input", ({ target }) => {
    if (target.matches("[name=tier_name], [name=tier_start], [name=last_end]")) {
      changed();
    } else {
      touched = touched || target.name === "name";
    }
  });
  form.elements.attribute.addEventListener("change", async () => {
    const shown = await loadShape();
    if (shown && shape) {
      even();
    } else if (shown) {
      changed();
    }
  });
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("button[type=button]");
    const row = button?.closest("[data-tier]");
    if (button?.dataset.move) {
      swap(row, Number(button.dataset.move));
      button.focus();
    } else if (button?.matches("[data-take-out]")) {
      takeOut(row);
    } else if (button?.matches("[data-add]")) {
      add();
    } else if (button?.matches("[data-even]") && shape) {
      even();
    }
  });
  form.addEventListener("submit", () => (touched = false));
  window.addEventListener("beforeunload", (event) => touched && event.preventDefault());
}

/** A new group begins with three tiers, so that there is something to drag. */
function begin() {
  const [only, ...others] = rows();
  if (!others.length && !nameOf(only).value) {
    nameOf(only).value = "Tier 1";
    addRow("Tier 2", "");
    addRow("Tier 3", "");
  }
}

async function start() {
  if (editable) {
    takeBlankRows();
    form.querySelectorAll("[data-plain]").forEach((one) => (one.hidden = true));
    form.querySelectorAll(".tier-tools, [data-adding]").forEach((one) => (one.hidden = false));
    begin();
    number();
    listen();
  }
  try {
    await loadShape();
  } catch (error) {
    chart.sorry("The histogram could not be drawn. Reload the page to try again.");
    console.warn(error);
  }
  if (editable && shape && !touched && rows().slice(1).every((row) => !startOf(row).value)) {
    even();
    touched = false;
  } else if (editable && !moves.hasChildNodes()) {
    ask(0);
  }
}

start();
