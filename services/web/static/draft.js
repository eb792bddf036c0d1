// What somebody types in a form is not lost when the session is over or the server is away.
//
// It is kept in sessionStorage: of this tab only, gone with it, never on disk for the next person. The name carries a
// mark of who is signed in, the same in each of their sessions, so that another person in the same tab never sees it. It
// goes when it was stored, on signing out, and when somebody else signs in.

const PREFIX = "prikploeg draft ";
const AGAIN_MS = 5000; // between two tries while the server is away

const form = document.querySelector("form[data-draft]");
if (form) begin(form);
for (const out of document.querySelectorAll('form[action="/afmelden"]')) {
  out.addEventListener("submit", () => forget());
}

function begin(form) {
  const key = PREFIX + form.dataset.draft;
  forget(key);
  if (document.querySelector("[data-sent]")) forget();
  const draft = sessionStorage.getItem(key);
  if (draft && form.hasAttribute("data-fresh")) {
    fill(form, JSON.parse(draft));
    say("kept");
  }
  form.addEventListener("input", () => keep(form, key));
  form.addEventListener("change", () => keep(form, key));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep(form, key);
    send(form, key);
  });
}

async function send(form, key) {
  const button = form.querySelector('button[type="submit"]');
  button.disabled = true;
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  } catch {
    return later(form, key, "away");
  }
  if (answer.status === 401) return later(form, key, "signed-out");
  if (answer.status >= 500) return later(form, key, "away");
  button.disabled = false;
  if (answer.ok && answer.redirected && new URL(answer.url).pathname === "/aanmelden") return later(form, key, "signed-out");
  if (answer.ok && answer.redirected) {
    sessionStorage.removeItem(key);
    location.assign(answer.url);
    return;
  }
  show(form, new DOMParser().parseFromString(await answer.text(), "text/html"));
}

// Something is wrong with what was typed: the form as the server gives it back, with what is wrong.
function show(form, page) {
  const fresh = page.getElementById("formulier");
  if (!fresh) return form.submit();
  document.getElementById("formulier").replaceWith(fresh);
  document.title = page.title;
  begin(fresh.querySelector("form"));
  document.getElementById("samenvatting")?.focus();
}

function later(form, key, why) {
  say(why);
  form.querySelector('button[type="submit"]').disabled = false;
  clearTimeout(later.timer);
  later.timer = setTimeout(() => again(form, key), AGAIN_MS);
}

// A form belongs to one session: in a new one of the same person it gets the proof of that. Somebody else starts anew.
async function again(form, key) {
  let answer;
  try {
    answer = await fetch(form.dataset.page);
  } catch {
    return later(form, key, "away");
  }
  if (answer.status >= 500) return later(form, key, "away");
  if (answer.redirected && new URL(answer.url).pathname === "/aanmelden") return later(form, key, "signed-out");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("form[data-draft]");
  if (fresh?.dataset.draft !== form.dataset.draft) return location.reload();
  form.elements.namedItem("proof").value = fresh.elements.namedItem("proof").value;
  send(form, key);
}

function keep(form, key) {
  const values = [...new FormData(form)].filter(([name]) => name !== "proof");
  sessionStorage.setItem(key, JSON.stringify(values));
}

function fill(form, values) {
  for (const field of form.elements) {
    if (!field.name || field.type === "hidden" || field.type === "submit") continue;
    const own = values.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.type === "checkbox" || field.type === "radio") field.checked = own.includes(field.value);
    else if (own.length) field.value = own[0];
  }
}

function forget(but) {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX) && name !== but) sessionStorage.removeItem(name);
  }
}

function say(why) {
  const note = document.getElementById("concept");
  note.hidden = false;
  for (const text of note.querySelectorAll("[data-when]")) text.hidden = text.dataset.when !== why;
  note.focus();
}
