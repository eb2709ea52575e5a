"""The merchant of the payees' tests, which pays them here."""

from tests.payees.conftest import beside, treasury

__all__ = ["beside", "treasury"]
