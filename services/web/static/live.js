// Keeps the page up to date. One tab of this browser listens to the stream and tells the others
// (a browser allows six connections to one server); when that tab goes, the next one listens.
// The stream says only that something changed; what changed is fetched by the page itself.

const STALE = 12_000;
const LOST = 20_000;
const CALM = 1_000; // at most one refresh a second
const badge = document.getElementById("live");
const band = document.getElementById("verbroken");
const words = JSON.parse(badge.dataset.words);
const channel = "BroadcastChannel" in window ? new BroadcastChannel("prikploeg-live") : null;

let source = null;
let heardAt = Date.now();
let dataAt = Date.now();
let version = null;
let refreshed = 0;
let waiting = null;
let state = "live";

function clock(moment) {
  const at = new Date(moment);
  return `${at.getHours()}:${String(at.getMinutes()).padStart(2, "0")}`;
}

function say(kind, moment) {
  return words[kind].replace("{time}", clock(moment));
}

function show() {
  const silent = Date.now() - heardAt;
  const now = silent > LOST ? "lost" : silent > STALE ? "stale" : "live";
  const text = serverTime && now === "live" ? words.live.replace("{time}", serverTime) : say(now, heardAt);
  if (badge.textContent !== text) badge.textContent = text;
  if (now === state) return;
  state = now;
  badge.className = now === "live" ? "live" : `live live-${now}`;
  band.hidden = now !== "lost";
  document.getElementById("verbroken-tekst").textContent = now === "lost" ? say("band", heardAt) : "";
}

// The campaign may be played on simulated time: while all is well the badge shows the page's own clock.
let serverTime = badge.textContent.match(/\d{1,2}:\d\d/)?.[0] ?? null;

function refresh() {
  const wait = refreshed + CALM - Date.now();
  if (wait > 0) {
    waiting ??= setTimeout(refresh, wait);
    return;
  }
  waiting = null;
  refreshed = Date.now();
  document.body.dispatchEvent(new CustomEvent("live"));
}

function heard(kind, data) {
  heardAt = Date.now();
  const changed = kind === "changed" || (version !== null && data.v !== version);
  version = data.v;
  if (changed) refresh();
  show();
}

function listen() {
  source?.close();
  source = new EventSource(version === null ? "/events" : `/events?since=${version}`);
  for (const kind of ["hello", "changed", "tick"]) {
    source.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      heard(kind, data);
      channel?.postMessage({ kind, data });
    });
  }
  // A browser gives up for good when the server answered with an error page: try again ourselves.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3_000);
  });
}

function lead() {
  listen();
  return new Promise(() => {}); // keeps the lock until this tab goes
}

channel?.addEventListener("message", (event) => heard(event.data.kind, event.data.data));
if (channel && navigator.locks) navigator.locks.request("prikploeg-live", lead);
else listen();

document.getElementById("probeer").addEventListener("click", () => {
  refresh();
  if (source) listen();
});
document.addEventListener("visibilitychange", () => document.hidden || show());
document.body.addEventListener("htmx:after:swap", () => {
  dataAt = Date.now();
  const page = document.getElementById("inhoud");
  serverTime = page?.dataset.time ?? serverTime;
  const line = document.getElementById("melding");
  const text = words.updated.replace("{time}", serverTime ?? clock(dataAt));
  if (line.textContent !== text) line.textContent = text;
  show();
});
setInterval(show, 1_000);
