/* Comfort only: every page works without this file.
   Theme and type switch without a reload, forms cannot be sent twice, and a search that updates
   while typing waits until a Chinese input method has finished composing. */
"use strict";

(() => {
  const root = document.documentElement;
  const year = 31536000;

  const remember = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${year}; SameSite=Lax${secure}`;
  };

  const isDark = () =>
    root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;

  const switches = {
    theme: {
      next: () => (isDark() ? "light" : "dark"),
      on: () => isDark(),
    },
    type: {
      next: () => (root.dataset.type === "large" ? "normal" : "large"),
      on: () => root.dataset.type === "large",
    },
  };

  const show = (link) => {
    const it = switches[link.dataset.switch];
    link.setAttribute("aria-pressed", String(it.on()));
    const address = new URL(link.href);
    address.searchParams.set(link.dataset.switch, it.next());
    link.href = address.href;
  };

  document.querySelectorAll("[data-switch]").forEach((link) => {
    link.setAttribute("role", "button");
    show(link);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const name = link.dataset.switch;
      const value = switches[name].next();
      root.dataset[name] = value;
      remember(name, value);
      show(link);
    });
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        link.click();
      }
    });
  });

  /* The current entry of a scrolling navigation is brought into view without moving the page. */
  document.querySelectorAll(".nav [aria-current], .tabs [aria-current]").forEach((here) => {
    const nav = here.parentElement;
    nav.scrollLeft = here.offsetLeft - nav.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });

  let composing = false;
  document.addEventListener("compositionstart", () => {
    composing = true;
  });
  document.addEventListener("compositionend", (event) => {
    composing = false;
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("htmx:confirm", (event) => {
    if (composing) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form && form.dataset) delete form.dataset.sent;
  });

  /* What was to be put in place later says so when it does not come. */
  const failed = (event) => {
    const place = event.detail.elt;
    const words = place && place.dataset && place.dataset.failed;
    const waiting = words && place.querySelector("[data-waiting]");
    if (waiting) waiting.textContent = words;
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);

  /* Filters apply as soon as they are changed; the button stays for everybody else. */
  document.querySelectorAll("form[data-auto]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (event.target.matches("input[type=checkbox], input[type=radio], select")) {
        form.requestSubmit();
      }
    });
  });

  /* A secret that is shown once: one touch copies it. Without a clipboard it is marked by hand. */
  document.querySelectorAll("[data-copies]").forEach((button) => {
    if (!navigator.clipboard) return;
    const field = document.getElementById(button.dataset.copies);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.done;
    });
  });

  const fold = document.querySelector("details.fold");
  if (fold && matchMedia("(max-width: 59.99em)").matches) fold.open = false;
})();
