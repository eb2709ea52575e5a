"""The card and wallet dialect: the only place that knows its published codes and wire names."""
