"""Card rates: what opening, keeping and recharging cards costs the customers of a group."""
