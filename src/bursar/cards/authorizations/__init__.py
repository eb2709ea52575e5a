"""The card network's side of cards: its requests and its reports."""
