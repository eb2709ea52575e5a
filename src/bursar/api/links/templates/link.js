
on("open", "click", async () => {
  csrf = (await call("POST", "/sign-in/link", { secret })).csrf_token;
  find("open").hidden = true;
  for (const id of ["first", "second", "codes"]) find(id).hidden = false;
  find("keys").hidden = !window.PublicKeyCredential?.parseCreationOptionsFromJSON;
}, "The link is used. What follows takes a quarter of an hour at the most.");

on("password", "submit", () => call("PUT", "/me/password", { password: find("new-password").value }),
  "The password is set.");

on("offer", "click", async () => {
  const offered = await call("POST", "/me/authenticator-secrets");
  find("secret").textContent = offered.secret;
  find("uri").href = offered.uri;
  find("authenticator").hidden = false;
}, "Type this secret into the authenticator, or open it there, and then the code that it shows.");

on("authenticator", "submit",
  () => call("PUT", "/me/authenticator", { secret: find("secret").textContent, code: find("code").value }),
  "The authenticator is in use.");

on("recover", "click", async () => {
  find("list").textContent = (await call("POST", "/me/recovery-codes")).codes.join("\n");
}, "Keep these where the authenticator is not. Each is good once in place of a code.");

on("passkey", "submit", async () => {
  const offered = await call("POST", "/me/passkey-options");
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(offered.options);
  const answer = (await navigator.credentials.create({ publicKey })).toJSON();
  await call("POST", "/me/passkeys", { challenge_id: offered.challenge_id, answer, name: find("name").value });
}, "The passkey is registered.");

on("finish", "click", async () => {
  await call("DELETE", "/session");
  csrf = "";
  for (const id of ["first", "second", "codes", "keys"]) find(id).hidden = true;
  find("onward").hidden = false;
}, "Done. From now on sign in with these.");
