"""A card in its holder's hands: its life and way there, its monthly fee, and its end."""
