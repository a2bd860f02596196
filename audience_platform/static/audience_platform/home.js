"use strict";

// Unfold draws the charts that are there when the page is; this one comes later.
document.addEventListener("htmx:afterSettle", () => {
  if (document.querySelector("#growth .chart")) renderCharts();
});
