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

  // Where the keyboard was, found again in a fresh page: by its name, its address, or what it opens.
  const counterpart = (held) => {
    const id = held?.id, way = held?.getAttribute("href"), opens = held?.closest("summary")?.parentElement?.id;
    return (fresh) => {
      if (id) return document.getElementById(id);
      if (opens) return document.getElementById(opens)?.querySelector("summary");
      return way ? [...fresh.querySelectorAll("a")].find((each) => each.getAttribute("href") === way) : null;
    };
  };

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
    const again = counterpart(main.contains(document.activeElement) ? document.activeElement : null);
    main.replaceWith(fresh);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    again(fresh)?.focus({ preventScroll: true });
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
