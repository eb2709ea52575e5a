"use strict";
const api = "@API@";
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
const find = (id) => document.getElementById(id);
let csrf = "";

async function call(method, path, body) {
  const headers = { "Idempotency-Key": crypto.randomUUID() };
  if (csrf) headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  const answer = await fetch(api + path, sent);
  const told = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(told.title || "It did not work.");
  return told;
}

function on(id, event, work, done) {
  find(id).addEventListener(event, async (happened) => {
    happened.preventDefault();
    const status = find(id + "-status");
    status.textContent = "…";
    try {
      await work();
      status.textContent = done;
    } catch (fault) {
      status.textContent = fault.message;
    }
  });
}
