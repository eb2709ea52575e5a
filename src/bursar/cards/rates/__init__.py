"""Card rates: the prices of opening, keeping and recharging cards, for the customers of a group."""
