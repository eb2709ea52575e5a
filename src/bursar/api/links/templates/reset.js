
on("reset", "submit", async () => {
  const code = find("code").value;
  const body = { secret, password: find("new-password").value };
  await call("POST", "/password-resets/finish", code ? { ...body, code } : body);
  find("onward").hidden = false;
}, "The password is set, and all sessions have ended. Sign in with it.");
