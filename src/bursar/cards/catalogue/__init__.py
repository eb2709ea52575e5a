"""The catalogue: the kinds of cards, their operations, and the customers who may have one."""
