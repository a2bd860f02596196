"use strict";

// The cards of an offer's audiences: added from the blank ones of the page, and taken off again.
// What is sent is what stands on the page, so a card that is taken off is simply gone.
document.querySelectorAll("[data-audiences]").forEach((section) => {
  const cards = section.querySelector("[data-cards]");

  section.querySelector("[data-add]").addEventListener("click", (event) => {
    const button = event.target.closest("button[data-kind]");
    if (button) {
      add(section.querySelector(`template[data-kind="${button.dataset.kind}"]`));
    }
  });

  cards.addEventListener("click", (event) => {
    if (event.target.closest("[data-take-off]")) {
      event.target.closest("[data-card]").remove();
    }
  });

  function add(blank) {
    const place = `n${Date.now()}`;
    const holder = document.createElement("div");
    holder.innerHTML = blank.innerHTML.replaceAll("__prefix__", place);
    const card = holder.firstElementChild;
    cards.append(card);
    django.jQuery(card).find(".unfold-admin-autocomplete").djangoCustomSelect2();
    const picker = card.querySelector(".select2-search__field");
    (picker ?? card.querySelector(".select2-selection, input:not([type=hidden])")).focus();
  }
});
