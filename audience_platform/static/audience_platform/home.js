"use strict";

// Unfold draws the charts that are there when the page is; this one comes later.
document.addEventListener("htmx:afterSettle", () => {
  const canvas = document.querySelector("#growth .chart");
  if (canvas && !Chart.getChart(canvas)) renderCharts();
});
