"use strict";

// The form of an audience of a simple type: as one edits it says how many members it would have, an
// estimate first where the exact count takes its time, and what is wrong at the field.
window.addEventListener("load", () => {
  const AFTER_TYPING = 400; // ms
  const first = document.querySelector("[data-draft]");
  if (!first) {
    return;
  }
  const url = first.dataset.draft;
  const fields = first.dataset.draftFields.split(" ");
  const { form } = first;
  const inputs = fields.map((name) => form.querySelector(`[name="${name}"]`));
  const card = made("section", "card draft");
  card.setAttribute("aria-live", "polite");
  card.ariaLabel = "Who would be in it";
  first.closest("fieldset").after(card);
  let asked = 0;
  let timer = 0;

  function changed() {
    clearTimeout(timer);
    asked += 1; // what is on its way is of no interest any more
    card.ariaBusy = "true";
    timer = setTimeout(count, AFTER_TYPING);
  }

  async function count() {
    const turn = asked;
    if (!inputs.some(({ type, value }) => value && type !== "select-one")) {
      showProblems({});
      card.replaceChildren(made("p", "quiet", "How many members are in it stands here as you fill it in."));
      card.ariaBusy = "false";
      return;
    }
    if (!card.hasChildNodes()) {
      card.append(made("p", "quiet", "Counting…"));
    }
    let exact = false;
    ask("&estimate=1").then((answer) => turn === asked && !exact && answer && show(answer, true));
    const answer = await ask("");
    exact = true;
    if (turn === asked) {
      show(answer ?? { problems: { "": ["It could not be counted. Are you still logged in?"] } }, false);
    }
  }

  async function ask(how) {
    try {
      const answer = await fetch(`${url}${how}`, { method: "POST", body: new FormData(form) });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // no connection, or the page of the login
    }
  }

  function show({ problems, html }, busy) {
    showProblems(problems);
    card.ariaBusy = String(busy);
    if (html) {
      card.innerHTML = html;
    } else {
      const said = problems[""]?.join(" ") ?? "It is counted as soon as this is mended.";
      card.replaceChildren(made("p", "quiet", said));
    }
  }

  function showProblems(problems) {
    fields.forEach((name, at) => {
      const input = inputs[at];
      const place = input.parentElement;
      place.querySelectorAll(".draft-problem, .draft-place").forEach((one) => one.remove());
      input.closest(".field-line, .form-row")?.querySelectorAll(".errorlist").forEach((one) => one.remove());
      const found = problems[name];
      input.toggleAttribute("aria-invalid", false);
      if (found) {
        const said = made("p", "draft-problem", found.join(" "));
        said.id = `${input.id}_draft_problem`;
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", said.id);
        place.append(said, ...marked(input, found.join(" ")));
      }
    });
  }

  /** The line of a text in which something is wrong, with the place marked. */
  function marked(input, said) {
    const at = /line (\d+), column (\d+)/i.exec(said);
    const line = at && input.value.split("\n")[at[1] - 1];
    if (!line) {
      return [];
    }
    const column = Math.min(at[2] - 1, line.length);
    const wrong = /^(\w+|.)?/u.exec(line.slice(column))[0];
    const shown = made("div", "draft-place");
    shown.append(line.slice(0, column), made("mark", "", wrong || " "), line.slice(column + wrong.length));
    return [shown];
  }

  function made(tag, names, said = "") {
    const element = document.createElement(tag);
    element.className = names;
    element.textContent = said;
    return element;
  }

  for (const input of inputs) {
    input.addEventListener("input", changed);
    django.jQuery(input).on("change", changed);
  }
  count();
});
