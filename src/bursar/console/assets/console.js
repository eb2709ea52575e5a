// The keyboard, the copying of ids, and passkeys. Every page works without it, but for passkeys.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // ── zone: told to the server with a sign-in ──────────────────────────────────────────────────────────────────────
  all("input[name=zone][type=hidden]").forEach((field) => { field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || ""; });

  // ── copying ──────────────────────────────────────────────────────────────────────────────────────────────────────
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1200);
  });

  // ── menus close when something else is touched ───────────────────────────────────────────────────────────────────
  document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));

  // ── keyboard: / search · g and a letter go · j k move · x mark · Enter open · digits choose · Ctrl+Enter send ───────────────
  let going = 0;
  const typing = (element) => element.matches("input:not([type=radio]), textarea, select");
  const rows = () => all("[data-rows] [data-href]");
  function move(by) {
    const found = rows();
    if (!found.length) return;
    const now = found.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = Math.min(found.length - 1, Math.max(0, now + by));
    found.forEach((row, index) => row.setAttribute("aria-selected", String(index === next)));
    found[next].scrollIntoView({ block: "nearest" });
  }
  const keys = {
    "/": () => document.getElementById("search")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    x: () => { rows().find((each) => each.getAttribute("aria-selected") === "true")?.querySelector("input[type=checkbox]")?.click(); },
    g: () => { going = Date.now(); },
    Enter: () => { const row = rows().find((each) => each.getAttribute("aria-selected") === "true"); if (row) location.assign(row.dataset.href); else return false; },
  };
  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.key === "Escape") { all("details.menu[open]").forEach((menu) => { menu.open = false; }); if (typing(at)) at.blur(); return; }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && at.form) { at.form.requestSubmit(at.form.querySelector("button[name=do]") || undefined); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(at)) return;
    if (Date.now() - going < 1500) {
      going = 0;
      const place = document.querySelector(`[data-letter="${CSS.escape(event.key)}"]`);
      if (place) { event.preventDefault(); place.click(); }
      return;
    }
    const chosen = /^[1-9]$/.test(event.key) && document.querySelector(`[data-digit="${event.key}"]`);
    if (chosen) { event.preventDefault(); chosen.checked = true; chosen.form.querySelector("textarea")?.focus(); return; }
    if (event.key === "Enter" && at.closest("a, button, summary")) return;
    if (keys[event.key] && keys[event.key]() !== false) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-href]");
    if (row && !event.target.closest("a, button, input, label") && !String(getSelection())) location.assign(row.dataset.href);
  });

  // ── rows that renew themselves: an event says that something has changed, and the page's own address has it ───────
  const APART_MS = 5000;
  all("[data-live]").forEach((box) => {
    const button = box.querySelector("button"), told = box.querySelector("[role=status]");
    let source = null, due = 0, last = 0;
    const isPaused = () => button.getAttribute("aria-pressed") === "true";
    const targets = () => all(box.dataset.target);
    const isHeld = () => Boolean(String(getSelection())) || targets().some((each) => each.contains(document.activeElement) || each.querySelector("input:checked, details[open], [aria-selected=true]"));
    async function renew() {
      due = 0;
      if (document.hidden || isPaused()) return;
      last = Date.now();
      if (isHeld()) { plan(); return; }
      const answer = await fetch(location.href, { headers: { "Console-Live": "1" } }).catch(() => null);
      if (!answer || !answer.ok || answer.redirected) { close(); return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      targets().forEach((each) => {
        const next = fresh.getElementById(each.id);
        if (!next || next.textContent === each.textContent || isHeld()) return;
        each.replaceWith(next);
        if (window.htmx) window.htmx.process(next);
        told.textContent = "";
        setTimeout(() => { told.textContent = box.dataset.told; }, 100);
      });
    }
    function plan() { due = due || setTimeout(renew, Math.max(200, last + APART_MS - Date.now())); }
    function open() {
      if (source || document.hidden || isPaused()) return;
      source = new EventSource(box.dataset.live);
      source.addEventListener("changed", plan);
    }
    function close() { if (source) source.close(); source = null; clearTimeout(due); due = 0; }
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(!isPaused()));
      if (isPaused()) close(); else { open(); plan(); }
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else { open(); plan(); } });
    addEventListener("pagehide", close);
    document.addEventListener("htmx:afterSwap", close);
    open();
  });

  // ── passkeys: options are asked for, the device answers, and the form is sent with the answer ─────────────────────
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  async function offered(form, path, what) {
    const sent = new URLSearchParams({ do: what, csrf: form.elements.csrf?.value || "" });
    const answer = await fetch(path, { method: "POST", body: sent });
    if (!(answer.headers.get("content-type") || "").startsWith("application/json")) throw new Error("refused");
    return answer.json();
  }
  function plain(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"])
      if (credential.response[name]) response[name] = text(credential.response[name]);
    return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
  }
  async function answer(button) {
    const { form } = button, making = button.dataset.passkey === "make";
    const { challenge, options } = await offered(form, button.dataset.path, making ? "offer-passkey" : "offer");
    options.challenge = bytes(options.challenge);
    if (making) options.user.id = bytes(options.user.id);
    for (const list of [options.allowCredentials, options.excludeCredentials]) (list || []).forEach((each) => { each.id = bytes(each.id); });
    const credential = making ? await navigator.credentials.create({ publicKey: options }) : await navigator.credentials.get({ publicKey: options });
    form.elements.challenge.value = challenge;
    form.elements.answer.value = plain(credential);
    form.noValidate = true;
    form.requestSubmit(button.dataset.send ? form.querySelector(button.dataset.send) : undefined);
  }
  all("[data-passkey]").forEach((button) => {
    if (!window.PublicKeyCredential) { button.hidden = true; return; }
    button.addEventListener("click", async () => {
      const told = button.form.querySelector(".passkey-told");
      button.disabled = true;
      told.hidden = true;
      try { await answer(button); } catch { told.hidden = false; button.disabled = false; }
    });
  });
})();
