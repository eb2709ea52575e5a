
on("reset", "submit", () => {
  const code = find("code").value;
  const body = { secret, password: find("new-password").value };
  return call("POST", "/password-resets/finish", code ? { ...body, code } : body);
}, "The password is set, and all sessions have ended. Sign in with it.");
