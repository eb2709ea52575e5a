"""The pages that every console has: signing in, whoever is signed in, the look, the design, addresses of nothing."""
