"""Cards: their kinds and prices, and how they are opened, loaded and used."""
