/* The report of a visit, filled in where there is no network. What is typed is kept in this browser
   until the report has been sent; the page always says that it is not sent yet. Photos cannot be
   kept that way: they stay chosen as long as the page is open. */
"use strict";

(() => {
  const form = document.querySelector("form[data-draft]");
  const state = form.querySelector("[data-state]");
  const key = form.dataset.draft;
  // What was refused comes back from the server as it was typed; the draft is older.
  const refused = document.querySelector(".notice[role=alert]") !== null;

  const say = (text) => {
    state.textContent = text;
    state.hidden = false;
  };

  const fields = () =>
    [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name[0] !== "_");

  const keep = () => {
    try {
      localStorage.setItem(key, JSON.stringify(fields()));
      say(navigator.onLine ? form.dataset.unsent : form.dataset.offline);
    } catch {
      /* Without storage the form still works; it only cannot be closed meanwhile. */
    }
  };

  const restore = () => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(key));
    } catch {
      return;
    }
    if (!kept || refused) return;
    for (const [name, value] of kept) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    }
    say(form.dataset.restored);
  };

  // The key ends with the number of visits reported: a draft from before one has been sent.
  for (const other of Object.keys(localStorage)) {
    if (other !== key && other.startsWith(key.slice(0, key.lastIndexOf("-") + 1))) {
      localStorage.removeItem(other);
    }
  }
  restore();
  form.addEventListener("input", keep);
  addEventListener("offline", keep);
  addEventListener("online", keep);
  form.addEventListener(
    "submit",
    (event) => {
      keep();
      if (!navigator.onLine) event.preventDefault();
    },
    true,
  );
})();
