"use strict";

// Pickers come and go, and change as one picks. What is in one has no name of its own: the field
// takes the label's, and so does what is picked, or could be. The sign that clears one moves out of
// the list of what is picked.
function mendPickers() {
  document
    .querySelectorAll(":is(.select2-search__field, .select2-selection--single):not([aria-label])")
    .forEach((field) => {
      field.ariaLabel = labelOf(field) ?? "Search";
    });
  document
    .querySelectorAll(".select2-selection--single > .select2-selection__rendered")
    .forEach((picked) => {
      picked.ariaLabel = `${labelOf(picked) ?? "Picked"} ${picked.title}`.trim();
    });
  document
    .querySelectorAll("ul.select2-selection__rendered > .select2-selection__clear")
    .forEach((sign) => sign.parentElement.before(sign));
}

function labelOf(part) {
  return part.closest(".field-line")?.querySelector("label")?.textContent.trim();
}

// A table that is wider than its place is moved sideways with the keyboard once one is in it.
function letTablesBeEntered() {
  document.querySelectorAll(".panel-table").forEach((table) => {
    if (table.scrollWidth > table.clientWidth) {
      table.tabIndex = 0;
      table.role = "region";
      const title = table.closest(".panel")?.querySelector(".panel-title");
      table.ariaLabel = title ? title.textContent.trim() : "Table";
    }
  });
}

function mend() {
  mendPickers();
  letTablesBeEntered();
}

new MutationObserver(mend).observe(document, { childList: true, subtree: true });
window.addEventListener("resize", letTablesBeEntered);
window.addEventListener("load", mend); // widths are known once the styles are there

// A second click on Save, before the answer is there, would save a second offer. Coming back to the
// page by the browser's arrow opens its forms again.
const sent = new Set();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
});
window.addEventListener("pageshow", () => sent.clear());
