// Small things that make a page pleasant; everything works without them.

// What is wrong with a form gets the focus, and so does the confirmation.
const summary = document.getElementById("samenvatting");
if (summary) summary.focus();
else if (new URLSearchParams(location.search).has("referentie")) {
  document.getElementById("gelukt")?.focus();
}

// A page that could not be made is asked for again, until it can.
if (document.querySelector("[data-returns]")) {
  setInterval(async () => {
    const answer = await fetch(location.href).catch(() => null);
    if (answer && answer.status !== 503) location.reload();
  }, 5_000);
}

// A refresh of the page never closes what somebody opened.
window.htmx?.registerExtension("keep-open", {
  htmx_before_morph_attr: (element, detail) =>
    !(element.tagName === "DETAILS" && detail.attrName === "open"),
});

// Arrow keys walk through the timeline: along a team, and to the nearest visit of the next team.
document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.(".tl-visit");
  if (!bar || event.altKey || event.ctrlKey || event.metaKey) return;
  const target = neighbour(bar, event.key);
  if (!target) return;
  event.preventDefault();
  target.focus();
});

function neighbour(bar, key) {
  const bars = [...bar.parentElement.querySelectorAll(".tl-visit")];
  if (key === "ArrowRight") return bars[bars.indexOf(bar) + 1];
  if (key === "ArrowLeft") return bars[bars.indexOf(bar) - 1];
  if (key !== "ArrowDown" && key !== "ArrowUp") return null;
  const lines = [...document.querySelectorAll(".tl-line")].filter((line) => line.querySelector(".tl-visit"));
  const line = lines[lines.indexOf(bar.closest(".tl-line")) + (key === "ArrowDown" ? 1 : -1)];
  if (!line) return null;
  const from = left(bar);
  return [...line.querySelectorAll(".tl-visit")].sort(
    (a, b) => Math.abs(left(a) - from) - Math.abs(left(b) - from),
  )[0];
}

function left(bar) {
  return bar.getBoundingClientRect().left;
}
