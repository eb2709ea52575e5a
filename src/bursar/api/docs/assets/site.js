// Theme, copying, tabs and the search. Without it every page reads the same and shows all of its samples.
(() => {
  const root = document.documentElement;
  const body = document.body;

  document.querySelector(".theme").addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    keep("theme", root.dataset.theme);
  });

  function keep(name, value) {
    try { localStorage.setItem(name, value); } catch { /* then it lasts as long as the page */ }
  }

  function kept(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  }

  // ── the contents are folded on a phone, and show the page in view ────────────────────────────────────────────────
  const contents = document.querySelector(".contents details");
  if (matchMedia("(max-width: 56rem)").matches) contents.removeAttribute("open");
  const here = contents.querySelector("[aria-current]");
  if (here && contents.open) {
    const nav = contents.parentElement;
    nav.scrollTop = here.offsetTop - nav.clientHeight / 2;
  }

  // ── copying ──────────────────────────────────────────────────────────────────────────────────────────────────────
  for (const block of document.querySelectorAll("pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = body.dataset.copy;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(block.textContent.replace(/\n$/, ""));
        button.textContent = body.dataset.copied;
      } catch {
        getSelection().selectAllChildren(block);
      }
      setTimeout(() => { button.textContent = body.dataset.copy; }, 1600);
    });
    const frame = document.createElement("div");
    frame.className = "copyable";
    block.replaceWith(frame);
    frame.append(block, button);
  }

  // ── samples as tabs: one choice for all pages ────────────────────────────────────────────────────────────────────
  const sets = [...document.querySelectorAll(".tabs")];
  const choose = (name) => {
    for (const set of sets) {
      const panels = [...set.querySelectorAll(".panel")];
      const shown = panels.find((panel) => panel.dataset.tab === name) || panels[0];
      for (const panel of panels) panel.hidden = panel !== shown;
      for (const tab of set.querySelectorAll('[role="tab"]')) {
        const selected = tab.dataset.name === shown.dataset.tab;
        tab.setAttribute("aria-selected", String(selected));
        tab.tabIndex = selected ? 0 : -1;
      }
    }
  };
  sets.forEach((set, place) => {
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", set.dataset.label);
    [...set.querySelectorAll(".panel")].forEach((panel, index) => {
      panel.id = `tab-${place}-${index}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-label", panel.dataset.tab);
      const tab = document.createElement("button");
      tab.type = "button";
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      tab.dataset.name = panel.dataset.tab;
      tab.textContent = panel.dataset.tab;
      tab.addEventListener("click", () => { choose(tab.dataset.name); keep("language", tab.dataset.name); });
      list.append(tab);
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const tabs = [...list.children];
      const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
      next.click();
      next.focus();
    });
    set.prepend(list);
  });
  if (sets.length) choose(kept("language") || "Python");

  // ── the search ───────────────────────────────────────────────────────────────────────────────────────────────────
  const search = document.querySelector("#site-search");
  const found = document.querySelector("#site-found");
  const said = document.querySelector("#site-said");
  const chapters = new Map([...document.querySelectorAll(".chapters a")].map((link) => [link.getAttribute("href").split("/").pop(), link.textContent]));
  let entries = null;
  let loading = null;
  let selected = -1;

  const load = () => {
    loading ??= fetch(body.dataset.index).then((answer) => answer.json()).then((rows) => {
      entries = rows.map(([title, address, chapter, weight, words, short]) => ({
        title, address, chapter, weight, short, heading: `${title} ${short}`.toLowerCase(), words: ` ${words} ${address.toLowerCase().replace(/[/-]/g, " ")}`,
      }));
    });
    return loading;
  };

  // Chinese has no spaces between words, and Arabic writes articles together with them
  const inside = (term) => /[\u3400-\u9fff]/.test(term) ? term.length > 1 : term.length > 2 && /[^\x00-\x7f]/.test(term);

  const score = (entry, terms, whole) => {
    if (entry.short.toLowerCase() === whole) return 1000 + entry.weight;
    let sum = entry.weight;
    for (const term of terms) {
      const inTitle = entry.heading.split(/[\s/·_.-]+/);
      if (inTitle.includes(term)) sum += 40;
      else if (inTitle.some((word) => word.startsWith(term))) sum += 25;
      else if (entry.heading.includes(term)) sum += 15;
      else if (entry.words.includes(` ${term} `)) sum += 10;
      else if (entry.words.includes(` ${term}`)) sum += 6;
      else if (inside(term) && entry.words.includes(term)) sum += 6;
      else return 0;
    }
    return sum;
  };

  const show = (results) => {
    found.replaceChildren(...results.map((entry, place) => {
      const row = document.createElement("li");
      row.id = `found-${place}`;
      row.setAttribute("role", "option");
      row.dataset.address = entry.address;
      const title = document.createElement("b");
      title.textContent = entry.title;
      const kind = document.createElement("i");
      kind.textContent = chapters.get(entry.chapter) || "";
      const path = document.createElement("small");
      path.textContent = entry.short && entry.short !== entry.title ? entry.short : entry.address;
      row.append(title, kind, path);
      row.addEventListener("click", () => { location.href = entry.address; });
      return row;
    }));
    if (!results.length) {
      const row = document.createElement("li");
      row.className = "nothing";
      row.setAttribute("role", "option");
      row.setAttribute("aria-disabled", "true");
      row.textContent = body.dataset.none;
      found.append(row);
    }
    found.hidden = false;
    search.setAttribute("aria-expanded", "true");
    select(results.length ? 0 : -1);
    said.textContent = String(results.length);
  };

  const close = () => {
    found.hidden = true;
    search.setAttribute("aria-expanded", "false");
    search.removeAttribute("aria-activedescendant");
    selected = -1;
  };

  const select = (place) => {
    const rows = [...found.querySelectorAll("[data-address]")];
    selected = rows.length ? (place + rows.length) % rows.length : -1;
    rows.forEach((row, index) => row.setAttribute("aria-selected", String(index === selected)));
    if (selected < 0) return;
    search.setAttribute("aria-activedescendant", rows[selected].id);
    rows[selected].scrollIntoView({ block: "nearest" });
  };

  const find = async () => {
    const whole = search.value.trim().toLowerCase();
    if (!whole) { close(); return; }
    await load();
    if (whole !== search.value.trim().toLowerCase()) return;
    const terms = whole.split(/\s+/);
    const results = entries.map((entry) => [score(entry, terms, whole), entry]).filter(([points]) => points > 0);
    results.sort((one, other) => other[0] - one[0]);
    show(results.slice(0, 20).map(([, entry]) => entry));
  };

  search.addEventListener("focus", load);
  search.addEventListener("input", find);
  search.addEventListener("keydown", async (event) => {
    if (event.key === "Escape") { search.value = ""; close(); }
    if (event.key === "ArrowDown") { event.preventDefault(); select(selected + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); select(selected - 1); }
    if (event.key === "Enter") {
      await find();
      const row = found.querySelector('[aria-selected="true"]');
      if (row) location.href = row.dataset.address;
    }
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".search")) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    search.focus();
  });
})();
