"use strict";

// The audiences of a group as a list in order: dragged, or moved with its buttons. The picker above
// it adds to the end. What is sent is what the picker has chosen, in the order of its options.
window.addEventListener("load", () => {
  const $ = django.jQuery;
  document.querySelectorAll("select[data-in-order]").forEach((select) => {
    const sizes = JSON.parse(select.dataset.inOrder);
    const list = document.createElement("ol");
    let dragged = null;
    list.className = "in-order";
    list.ariaLabel = "In this order";
    select.parentElement.classList.add("has-order");
    select.parentElement.append(list);

    const chosen = () => [...select.selectedOptions];

    function draw() {
      list.replaceChildren(...chosen().map(item));
      list.hidden = !list.children.length;
    }

    /** Move one before another, or to the end; and say so to the picker. */
    function place(option, before) {
      select.insertBefore(option, before);
      $(select).trigger("change");
    }

    function item(option, at) {
      const options = chosen();
      const line = document.createElement("li");
      line.draggable = true;
      line.dataset.number = option.value;
      const size = sizes[option.value];
      const name = said("span", option.textContent, "in-order-name");
      const members = size === undefined ? "new here" : `${size.toLocaleString("en-GB")} members`;
      const up = button("↑", `Move ${option.textContent} up`, () => place(option, options[at - 1]));
      const down = button("↓", `Move ${option.textContent} down`, () =>
        place(option, options[at + 2] ?? null),
      );
      const out = button("✕", `Take out ${option.textContent}`, () => {
        option.selected = false;
        $(select).trigger("change");
      });
      up.disabled = at === 0;
      down.disabled = at === options.length - 1;
      line.append(said("span", "⠿", "in-order-grip"), name, said("span", members, "quiet"), up, down, out);
      return line;
    }

    function button(sign, label, act) {
      const made = said("button", sign, "button");
      made.type = "button";
      made.ariaLabel = label;
      made.title = label;
      made.addEventListener("click", () => {
        act();
        refocus(label);
      });
      return made;
    }

    /** The list was drawn anew: stay on the button that was used, or near where it was. */
    function refocus(label) {
      const buttons = [...list.querySelectorAll("button")];
      const same = buttons.find((one) => one.ariaLabel === label);
      const near = same?.disabled ? same.parentElement.querySelector("button:enabled") : same;
      (near ?? buttons.find((one) => !one.disabled))?.focus();
    }

    list.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("li");
      event.dataTransfer.effectAllowed = "move";
      dragged.classList.add("dragged");
    });
    list.addEventListener("dragover", (event) => {
      const over = event.target.closest("li");
      if (!dragged) {
        return;
      }
      event.preventDefault();
      if (over && over !== dragged) {
        const box = over.getBoundingClientRect();
        const after = event.clientY > box.top + box.height / 2;
        over[after ? "after" : "before"](dragged);
      }
    });
    list.addEventListener("drop", (event) => event.preventDefault());
    list.addEventListener("dragend", () => {
      const by = (line) => chosen().find(({ value }) => value === line?.dataset.number) ?? null;
      const moved = dragged;
      dragged = null;
      place(by(moved), by(moved.nextElementSibling));
    });
    $(select).on("change", draw);
    $(select).on("select2:select", ({ params }) => {
      place([...select.options].find(({ value }) => value === String(params.data.id)), null);
    });
    draw();
  });

  function said(tag, text, names) {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = names;
    return element;
  }
});
