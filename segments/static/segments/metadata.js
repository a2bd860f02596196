"use strict";

// Facts are added and taken out in place; without this there are blank rows, and emptied ones go.
for (const pairs of document.querySelectorAll("[data-pairs]")) {
  const changed = () => pairs.dispatchEvent(new Event("change", { bubbles: true }));
  for (const button of pairs.querySelectorAll("button")) button.hidden = false;
  pairs.addEventListener("click", (event) => {
    if (event.target.closest("[data-remove]")) {
      const pair = event.target.closest(".pair");
      for (const field of pair.querySelectorAll("input, textarea")) field.value = "";
      pair.hidden = true;
      pairs.querySelector("[data-another]").focus();
      changed();
    } else if (event.target.closest("[data-another]")) {
      const rows = pairs.querySelectorAll(".pair");
      const row = rows[rows.length - 1].cloneNode(true);
      for (const field of row.querySelectorAll("input, textarea")) field.value = "";
      row.hidden = false;
      row.setAttribute("aria-label", `Fact ${rows.length + 1}`);
      pairs.insertBefore(row, event.target);
      row.querySelector("input").focus();
    }
  });
}
