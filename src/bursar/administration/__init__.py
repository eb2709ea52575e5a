"""The administration of merchants: made, changed, suspended, closed, and given keys and fees by the staff's actions."""
