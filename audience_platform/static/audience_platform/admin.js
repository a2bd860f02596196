"use strict";

// The field that a picker puts in front of its list has no name of its own: it takes the label's.
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.(".select2-search__field:not([aria-label])")) {
    const label = event.target.closest(".field-line")?.querySelector("label");
    event.target.ariaLabel = label ? label.textContent.trim() : "Search";
  }
});
