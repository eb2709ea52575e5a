"""The pages that one-time links lead to: ways to sign in are set up there, and forgotten passwords set anew."""
