"""The card network's side of cards: what it asks for, and what it reports."""
