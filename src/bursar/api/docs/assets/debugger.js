// The debugger: signs and seals with WebCrypto, sends, and asks the sandbox why a request does not fit.
// Keys live in this page's memory alone.
(() => {
  const at = (id) => document.getElementById(id);
  const offered = JSON.parse(at("debugger").dataset.calls).flatMap(({ api, calls }) => calls.map((call) => ({ api, ...call })));
  const utf8 = new TextEncoder();
  const text = new TextDecoder();
  let keys = null;

  const toBase64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const fromBase64 = (value) => Uint8Array.from(atob(value.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
  const toUrl = (bytes) => toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const sha256 = async (value) => hex(await crypto.subtle.digest("SHA-256", typeof value === "string" ? utf8.encode(value) : value));
  const fromPem = (pem) => fromBase64(pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, ""));
  const oaep = { name: "RSA-OAEP", hash: "SHA-256" };
  const pkcs1 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const sensitive = new Set(["identity", "identitypic", "signpic", "cardno", "stcaccount"]);
  const random = () => hex(crypto.getRandomValues(new Uint8Array(16)));

  // ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  const readKeys = () => {
    const pasted = at("d-keys").value.trim();
    const said = at("d-keys-said");
    keys = null;
    if (!pasted) { said.textContent = ""; return; }
    try {
      const found = JSON.parse(pasted);
      if (!found.sandbox_token) throw new Error("it has no sandbox_token");
      keys = found;
      said.textContent = `Keys of ${found.card?.merchant_no ?? "the merchant"}, for this page only.`;
    } catch (fault) {
      said.textContent = `This is not the content of sandbox.json: ${fault.message}.`;
    }
  };
  const needKeys = () => {
    readKeys();
    if (keys) return true;
    at("d-keys-said").textContent ||= "Paste the content of sandbox.json first.";
    at("d-keys").focus();
    return false;
  };

  // ── the calls that are offered ───────────────────────────────────────────────────────────────────────────────────
  const choice = at("d-call");
  for (const [index, call] of offered.entries()) {
    const option = document.createElement("option");
    option.value = String(index);
    option.textContent = `${call.verb} ${call.path}`;
    choice.append(option);
  }
  const chosen = () => offered[Number(choice.value)];
  const showExample = () => { at("d-params").value = chosen().example === "null" ? "{}" : chosen().example; };
  choice.addEventListener("change", showExample);
  const wanted = offered.findIndex((call) => call.path.endsWith("/merchant/info"));
  choice.value = String(Math.max(wanted, 0));
  showExample();

  // ── sealing ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const encrypt = async (plain, publicKey) => {
    const der = fromBase64(publicKey);
    const pem = `-----BEGIN PUBLIC KEY-----\n${toBase64(der).match(/.{1,64}/g).join("\n")}\n-----END PUBLIC KEY-----\n`;
    const kid = await sha256(pem);
    const header = toUrl(utf8.encode(JSON.stringify({ alg: "RSA-OAEP-256", enc: "A128GCM", kid })));
    const content = crypto.getRandomValues(new Uint8Array(16));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const wrapped = await crypto.subtle.encrypt(oaep, await crypto.subtle.importKey("spki", der, oaep, false, ["encrypt"]), content);
    const key = await crypto.subtle.importKey("raw", content, "AES-GCM", false, ["encrypt"]);
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: utf8.encode(header) }, key, utf8.encode(plain)));
    const parts = [wrapped, iv, sealed.slice(0, -16), sealed.slice(-16)];
    return [header, ...parts.map(toUrl)].join(".");
  };

  const decrypt = async (token) => {
    const [header, wrapped, iv, sealed, tag] = token.split(".");
    const own = await crypto.subtle.importKey("pkcs8", fromPem(keys.card.merchant_private_key), oaep, false, ["decrypt"]);
    const content = await crypto.subtle.decrypt(oaep, own, fromBase64(wrapped));
    const key = await crypto.subtle.importKey("raw", content, "AES-GCM", false, ["decrypt"]);
    const both = new Uint8Array([...fromBase64(sealed), ...fromBase64(tag)]);
    return text.decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: fromBase64(iv), additionalData: utf8.encode(header) }, key, both));
  };

  const seal = async (value) => {
    const key = await crypto.subtle.importKey("spki", fromBase64(keys.payout.system_public_key), oaep, false, ["encrypt"]);
    const plain = utf8.encode(value);
    const blocks = [];
    for (let start = 0; start < plain.length; start += 190) {
      blocks.push(...new Uint8Array(await crypto.subtle.encrypt(oaep, key, plain.slice(start, start + 190))));
    }
    return toBase64(blocks);
  };

  const eachField = async (value, change) => {
    if (Array.isArray(value)) return Promise.all(value.map((item) => eachField(item, change)));
    if (value === null || typeof value !== "object") return value;
    const members = Object.entries(value).map(async ([name, item]) =>
      [name, sensitive.has(name) && typeof item === "string" && item ? await change(item) : await eachField(item, change)]);
    return Object.fromEntries(await Promise.all(members));
  };

  // ── signing ──────────────────────────────────────────────────────────────────────────────────────────────────────
  const sorted = (value) => {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
  };
  const signParam = (params) => Object.keys(params).sort().filter((name) => params[name] !== null)
    .map((name) => `${name}=${typeof params[name] === "string" ? params[name] : JSON.stringify(sorted(params[name]))}`).join("&");

  const signCard = async (call, params, version) => {
    const plain = params || "{}";
    const body = call.encrypted ? JSON.stringify({ payload: await encrypt(plain, keys.card.platform_public_key) }) : plain;
    const timestamp = String(Date.now());
    const requestId = random();
    const string = version === "2"
      ? JSON.stringify({ method: "POST", uri: call.path, timestamp, requestId, body: await sha256(body) })
      : ["POST", call.path, timestamp, requestId, signParam(JSON.parse(plain))].join("|");
    const secret = await crypto.subtle.importKey("raw", utf8.encode(keys.card.secret_key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const signature = toBase64(await crypto.subtle.sign("HMAC", secret, utf8.encode(string)));
    const headers = {
      "Content-Type": "application/json", "X-UPA-APIKEY": keys.card.api_key, "X-UPA-REQUESTID": requestId,
      "X-UPA-TIMESTAMP": timestamp, ...(version === "2" ? { "X-UPA-SIGN-VERSION": "2" } : {}), "X-UPA-SIGN": signature,
    };
    const steps = [["Parameters", plain], ...(call.encrypted ? [["Encrypted to the platform's key", body]] : []), ["String to sign", string], ["Signature: HMAC-SHA256 under the secret key, in Base64", signature]];
    return { api: "card", method: "POST", path: call.path, headers, body, string, steps };
  };

  const signPayout = async (call, params) => {
    const given = JSON.parse(params || "{}");
    const query = call.verb === "GET" ? new URLSearchParams(await eachField(given, seal)).toString() : "";
    const path = call.path.replace("/v1/", "/v2/") + (query ? `?${query}` : "");
    const body = call.verb === "GET" ? "" : JSON.stringify(await eachField(given, seal));
    const now = Math.floor(Date.now() / 1000);
    const nonce = random();
    const string = JSON.stringify({ api_key: keys.payout.api_key, timestamp: now, nonce_str: nonce, url: path, method: call.verb, body });
    const digest = await sha256(string);
    const own = await crypto.subtle.importKey("pkcs8", fromPem(keys.payout.merchant_private_key), pkcs1, false, ["sign"]);
    const signature = toBase64(await crypto.subtle.sign(pkcs1, own, utf8.encode(digest)));
    const headers = {
      ...(body ? { "Content-Type": "application/json" } : {}), "User-Agent": navigator.userAgent, "V-Api-Key": keys.payout.api_key,
      "V-Api-Version": "2", "V-Timestamp": String(now), "V-Nonce-Str": nonce, "V-Signature": signature,
    };
    const steps = [...(body ? [["Body, sensitive fields sealed", body]] : []), ["String to sign", string], ["Its SHA-256 in hex", digest], ["Signature of the digest: RSA, PKCS#1 v1.5, in Base64", signature]];
    return { api: "payout", method: call.verb, path, headers, body, string, steps };
  };

  const sign = async () => {
    const call = chosen();
    const params = at("d-params").value.trim();
    const request = call.api === "card" ? await signCard(call, params, at("d-version").value) : await signPayout(call, params);
    at("d-api").value = request.api;
    at("d-method").value = request.method;
    at("d-path").value = request.path;
    at("d-headers").value = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`).join("\n");
    at("d-body").value = request.body;
    at("d-string").value = request.string;
    show(request.steps);
    return request;
  };

  const show = (steps) => {
    at("d-steps").replaceChildren(...steps.map(([name, value]) => {
      const row = document.createElement("li");
      const title = document.createElement("b");
      title.textContent = name;
      const shown = document.createElement("pre");
      shown.tabIndex = 0;
      shown.textContent = value;
      row.append(title, shown);
      return row;
    }));
  };

  const failed = (fault) => show([["It could not be done", fault instanceof SyntaxError ? `The parameters are not JSON: ${fault.message}` : fault.message]]);

  at("d-keys").addEventListener("input", readKeys);
  at("d-sign").addEventListener("click", async () => {
    if (needKeys()) await sign().catch(failed);
  });
  at("d-send").addEventListener("click", async () => {
    if (!needKeys()) return;
    try {
      const request = await sign();
      const { "User-Agent": _, ...headers } = request.headers;
      const answer = await fetch(request.path, { method: request.method, headers, body: request.method === "GET" ? undefined : request.body });
      const raw = await answer.text();
      const steps = [...request.steps, [`Answer, HTTP ${answer.status}`, raw]];
      const data = JSON.parse(raw).data;
      if (typeof data?.payload === "string") steps.push(["Its data, decrypted", JSON.stringify(JSON.parse(await decrypt(data.payload)), null, 2)]);
      show(steps);
    } catch (fault) { failed(fault); }
  });

  // ── asking the sandbox ───────────────────────────────────────────────────────────────────────────────────────────
  const pastedHeaders = () => Object.fromEntries(at("d-headers").value.split("\n").map((line) => line.trim()).filter(Boolean)
    .map((line) => [line.split(":", 1)[0].trim(), line.slice(line.indexOf(":") + 1).trim()]));

  const verdict = (content) => {
    const box = at("d-verdict");
    box.replaceChildren(...content);
    box.hidden = false;
    box.focus();
  };
  const element = (name, content, className = "") => {
    const made = document.createElement(name);
    made.textContent = content;
    made.className = className;
    return made;
  };

  at("debugger").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!needKeys()) return;
    const string = at("d-string").value;
    const secret = at("d-secret").value;
    at("d-verdict").hidden = true;
    const asked = {
      api: at("d-api").value, method: at("d-method").value.trim() || "POST", path: at("d-path").value.trim(),
      headers: pastedHeaders(), body: at("d-body").value, ...(string ? { string_to_sign: string } : {}), ...(secret ? { secret } : {}),
    };
    const answer = await fetch("/sandbox/v1/sign-check", {
      method: "POST", headers: { "Content-Type": "application/json", Authorization: `Bearer ${keys.sandbox_token}` }, body: JSON.stringify(asked),
    });
    const found = await answer.json();
    if (!answer.ok) { verdict([element("p", found.detail || found.error, "says bad")]); return; }
    const checks = document.createElement("ul");
    checks.className = "checks";
    checks.append(...found.checks.map((check) => element("li", `${check.passed ? "✓" : "✗"} ${check.name}: ${check.says}`, check.passed ? "good" : "bad")));
    const more = found.mistakes.slice(1).map((mistake) => element("p", mistake));
    const ours = found.string_to_sign ? [element("b", "The string that we built"), element("pre", found.string_to_sign)] : [];
    const difference = found.difference ? [element("b", `The first difference, at character ${found.difference.at}`), element("pre", `ours:  ${found.difference.ours}\nyours: ${found.difference.given}`)] : [];
    for (const shown of [...ours, ...difference]) if (shown.tagName === "PRE") shown.tabIndex = 0;
    verdict([element("p", found.says, `says ${found.fits ? "good" : "bad"}`), ...more, checks, ...ours, ...difference]);
  });
})();
