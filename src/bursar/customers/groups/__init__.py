"""Groups of customers: every customer is in one, and what cards cost depends on it."""
