"use strict";

// A click on a free day of a line starts an offer on that day. With the keyboard, “Add offer” does.
document.querySelectorAll("[data-calendar][data-add]").forEach((calendar) => {
  const days = Number(calendar.dataset.days);

  for (const hint of document.querySelectorAll("[data-hint]")) {
    hint.hidden = false;
  }

  calendar.addEventListener("mousemove", (event) => {
    const track = free(event);
    if (track) {
      const day = dayAt(track, event);
      const words = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
      track.title = `Start an offer on ${day.toLocaleDateString("en-GB", words)}`;
    }
  });

  calendar.addEventListener("click", (event) => {
    const track = free(event);
    if (track) {
      const day = dayAt(track, event).toISOString().slice(0, 10);
      window.location.assign(`${calendar.dataset.add}?publish_at=${day}`);
    }
  });

  function free(event) {
    return event.target.matches(".gantt-track") ? event.target : null;
  }

  function dayAt(track, event) {
    const box = track.getBoundingClientRect();
    const count = Math.floor(((event.clientX - box.left) / box.width) * days);
    const day = new Date(`${calendar.dataset.first}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + Math.min(Math.max(count, 0), days - 1));
    return day;
  }
});
