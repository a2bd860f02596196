"use strict";

// Pickers tell of a choice by jQuery alone: it is passed on, and what would change is asked anew.
window.addEventListener("load", () => {
  const form = document.getElementById("what-if");
  const jquery = window.django?.jQuery ?? window.jQuery;
  jquery?.(form).on("select2:select select2:unselect", () => form.dispatchEvent(new Event("suppose")));
});
