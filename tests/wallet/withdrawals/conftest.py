"""The merchant of the withdrawals' tests, and a second process beside it."""

from tests.wallet.payments.conftest import beside, house

__all__ = ["beside", "house"]
