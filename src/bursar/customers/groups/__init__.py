"""Groups of customers: every customer is in one, and it decides the prices of cards."""
