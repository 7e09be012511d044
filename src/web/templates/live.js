// jicui: keeps an open page up to date. Part of jicui, under its licence (MIT OR Apache-2.0).
// Without it every page works all the same: it is then asked for anew by hand, or by itself each minute.
(() => {
  "use strict";
  const body = document.body;
  let source = body.dataset.live;
  if (!source || !window.EventSource) return;
  let touched = false;
  document.addEventListener("input", () => { touched = true; });

  // What somebody has typed, or opened, stays as it is.
  const isBusy = () => touched || document.querySelector("details[open] form") !== null;

  const refresh = async () => {
    if (isBusy()) {
      document.querySelector("#changed")?.removeAttribute("hidden");
      return;
    }
    const headers = { accept: "text/html", "x-jicui-by-itself": "1" };
    const answer = await fetch(location.href, { headers });
    // Who is signed out looks at what was: the sign-in page says so, and leads back.
    if (answer.redirected) location.reload();
    if (!answer.ok || answer.redirected) return;
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("main");
    const main = document.querySelector("main");
    if (!fresh || isBusy()) return;
    source = page.body.dataset.live ?? source;
    const open = [...main.querySelectorAll("details[open][id]")].map((each) => each.id);
    const focus = document.activeElement?.id;
    main.replaceWith(fresh);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focus) document.getElementById(focus)?.focus();
  };

  const again = () => { refresh().catch(() => {}); };
  let changes = null;
  const listen = () => {
    const mine = new EventSource(source);
    changes = mine;
    mine.addEventListener("changed", again);
    // Who found no place among the listeners asks now and then.
    mine.addEventListener("error", () => {
      if (mine.readyState !== EventSource.CLOSED) return;
      setTimeout(() => { if (changes === mine) { again(); listen(); } }, 60000);
    });
  };
  // A browser keeps six connections to a place, for all its pages: only the one that is looked at has one.
  document.addEventListener("visibilitychange", () => {
    changes?.close();
    changes = null;
    if (!document.hidden) listen();
  });
  if (!document.hidden) listen();
})();
