"""Places on the web that have files of exchange rates."""
