"""A merchant with its groups, catalogue and rate, and a second process beside it."""

from tests.customers.conftest import beside, house

__all__ = ["beside", "house"]
