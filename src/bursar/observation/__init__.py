"""The state of an install for metrics: ages of open work, cover of debts, and the conduct of providers."""
