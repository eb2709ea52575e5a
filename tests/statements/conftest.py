"""The merchant of the payees' tests, whose days are told here."""

from tests.payees.conftest import beside, treasury

__all__ = ["beside", "treasury"]
