"use strict";

// Pickers come and go, and change as one picks. The field in one, and one in which nothing is
// picked, has no name of its own: it takes the label's. The sign that clears one moves out of the
// list of what is picked.
function mendPickers() {
  const parts = [
    ".select2-search__field",
    ".select2-selection--single",
    ".select2-selection__rendered[role=textbox]",
  ];
  document.querySelectorAll(`:is(${parts}):not([aria-label])`).forEach((field) => {
    const label = field.closest(".field-line")?.querySelector("label");
    field.ariaLabel = label ? label.textContent.trim() : "Search";
  });
  document
    .querySelectorAll("ul.select2-selection__rendered > .select2-selection__clear")
    .forEach((sign) => sign.parentElement.before(sign));
}

new MutationObserver(mendPickers).observe(document, { childList: true, subtree: true });
