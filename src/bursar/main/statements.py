"""Daily statements put together."""

from pathlib import Path
from typing import Final

from bursar.api.payout.statements import StatementLayout
from bursar.files.storage import Storage
from bursar.payees.service import PayeeParts, Payees
from bursar.payouts.days import PayoutDays
from bursar.statements.service import StatementParts, Statements

MADE_IN: Final = "statements-under-way"
"""The folder in an install's home where statements lie while they are written."""


def daily_statements(parts: PayeeParts, payees: Payees, storage: Storage, home: Path) -> Statements:
    days = PayoutDays(parts.database, payees)
    return Statements(
        StatementParts(
            parts.database, parts.ledger, parts.ids, parts.vault, parts.merchants, days, storage, StatementLayout(),
            home / MADE_IN,
        )
    )  # fmt: skip
