// Keeps the page up to date. One tab of this browser listens to the stream and tells the others
// (a browser allows six connections to one server); when that tab goes, the next one listens.
// The stream says only that something changed; what changed is fetched by the page itself.
// Time changes a page too (late, ages, silence, the day), so it also renews when nothing happened.

const STALE = 12_000;
const LOST = 20_000;
const CALM = 1_000; // at most one refresh a second
const RENEW = 30_000;
const OLD = 3 * RENEW; // what is shown may be this old before it is no longer called live
const badge = document.getElementById("live");
const band = document.getElementById("verbroken");
const words = JSON.parse(badge.dataset.words);
const channel = "BroadcastChannel" in window ? new BroadcastChannel("prikploeg-live") : null;

let source = null;
let heardAt = Date.now();
let dataAt = Date.now();
let version = null;
let refreshed = Date.now();
let failed = false; // the last refresh got no page
let waiting = null;
let news = false; // something happened since the last refresh: that is announced, the passing of time is not
let state = "";
let leaving = false; // signed out, here or elsewhere: on the way to another page
for (const out of document.querySelectorAll('form[action="/afmelden"]')) {
  out.addEventListener("submit", () => {
    leaving = true;
    source?.close(); // it would ask once more without a session
  });
}

function clock(moment) {
  const at = new Date(moment);
  return `${at.getHours()}:${String(at.getMinutes()).padStart(2, "0")}`;
}

// By the page's own clock: the campaign may be played on simulated time.
function say(kind, moment) {
  return words[kind].replace("{time}", serverTime ?? clock(moment));
}

// A form that somebody fills in is never renewed under their hands: it says how old it is.
function renews() {
  return document.getElementById("inhoud")?.hasAttribute("hx-get") ?? false;
}

// An open connection alone is not "live": the page must be young, and the server must say that its facts are.
function judge() {
  const silent = Date.now() - heardAt;
  if (silent > LOST) return "lost";
  if (silent > STALE || failed) return "stale";
  if (Date.now() - dataAt > OLD) return renews() ? "stale" : "aged";
  return document.getElementById("inhoud")?.dataset.old ? "old" : "live";
}

function write(now) {
  if (now === "old") return document.getElementById("inhoud").dataset.old;
  return say(now, Math.min(heardAt, dataAt));
}

function show() {
  const now = judge();
  const text = write(now);
  if (badge.textContent !== text) badge.textContent = text;
  if (now === state) return;
  state = now;
  badge.className = now === "live" ? "live" : `live live-${now === "lost" ? "lost" : "stale"}`;
  band.hidden = now !== "lost";
  document.getElementById("verbroken-tekst").textContent = now === "lost" ? say("band", heardAt) : "";
}

// The campaign may be played on simulated time: while all is well the badge shows the page's own clock.
// A page that does not renew itself has it from the badge as it came.
let serverTime = document.getElementById("inhoud")?.dataset.time ?? badge.dataset.time ?? null;

function refresh() {
  if (leaving) return;
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
  if (changed) {
    news = true;
    refresh();
  }
  show();
}

function listen() {
  source?.close();
  if (leaving) return;
  source = new EventSource(version === null ? "/events" : `/events?since=${version}`);
  for (const kind of ["hello", "changed", "tick"]) {
    source.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      heard(kind, data);
      channel?.postMessage({ kind, data });
    });
  }
  // The session ended, here or elsewhere: what stands on the screen must not stay there.
  source.addEventListener("ended", () => {
    channel?.postMessage({ kind: "ended" });
    leave();
  });
  // A browser gives up for good when the server answered with an error page: try again ourselves.
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3_000);
  });
}

function leave() {
  source?.close();
  if (leaving) return;
  leaving = true;
  location.assign(`/aanmelden?naar=${encodeURIComponent(location.pathname)}`);
}

function lead() {
  listen();
  return new Promise(() => {}); // keeps the lock until this tab goes
}

channel?.addEventListener("message", (event) => {
  if (event.data.kind === "ended") leave();
  else heard(event.data.kind, event.data.data);
});
if (channel && navigator.locks) navigator.locks.request("prikploeg-live", lead);
else listen();

document.getElementById("probeer").addEventListener("click", () => {
  refresh();
  if (source) listen();
});

function renew() {
  show();
  if (Date.now() - refreshed >= RENEW) refresh();
}

document.addEventListener("visibilitychange", () => document.hidden || renew());

function fail() {
  failed = true;
  show();
}

document.body.addEventListener("htmx:error", fail);
document.body.addEventListener("htmx:after:swap", (event) => {
  if (event.detail?.ctx?.response?.status >= 500) return fail(); // nothing was swapped
  dataAt = Date.now();
  failed = false;
  const page = document.getElementById("inhoud");
  serverTime = page?.dataset.time ?? serverTime;
  if (news) document.getElementById("melding").textContent = words.updated.replace("{time}", serverTime ?? clock(dataAt));
  news = false;
  show();
});
setInterval(renew, 1_000);
