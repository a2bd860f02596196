"use strict";

// Unfold draws the charts that are there when the page has loaded; this one mostly comes later.
document.addEventListener("htmx:afterSettle", () => {
  const canvas = document.querySelector("#growth .chart");
  const late = document.readyState === "complete";
  if (late && canvas && !Chart.getChart(canvas)) renderCharts();
});
