"""Orders of cards: opening and recharging them, paid at once or later, and their conditions beforehand."""
