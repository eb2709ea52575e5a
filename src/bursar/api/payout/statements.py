"""Statements as the payout API publishes them: the name of the file, its columns, and the words in them."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from bursar.api.payout.enumerations import ORDER_STATUS_TEXT, PAYMENT_METHOD
from bursar.api.payout.riyadh import RIYADH
from bursar.merchants.model import Merchant
from bursar.payouts.days import ListedOrder
from bursar.payouts.payees.banks import find_bank
from bursar.payouts.statements.model import Calendar
from bursar.payouts.statements.ports import Cell, CellKind, Column

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN_BEFORE: Final = 6
SHOWN_AFTER: Final = 4
"""Digits of a card number that are shown."""
NAME_MAX: Final = 128
"""Characters of a merchant's name in the name of a file."""

_TEXT, _ARABIC, _MONEY, _INSTANT = CellKind.TEXT, CellKind.ARABIC, CellKind.MONEY, CellKind.INSTANT
_COLUMNS: Final = (
    Column("Merchant_ID", _TEXT, 20),
    Column("Merchant_Name", _TEXT, 22),
    Column("Payment_ID", _TEXT, 20),
    Column("Payee_UID", _TEXT, 24),
    Column("Payment_Method", _TEXT, 17),
    Column("Payment_Create_Time", _INSTANT, 22),
    Column("Payment_Complete_Time", _INSTANT, 24),
    Column("Amount", _MONEY, 16),
    Column("Fee", _MONEY, 12),
    Column("Real_Amount", _MONEY, 16),
    Column("Currency", _TEXT, 10),
    Column("Payment_Status", _TEXT, 16),
    Column("Custom_ID", _TEXT, 20),
    Column("Custom_Name_E", _TEXT, 26),
    Column("Custom_Name_A", _ARABIC, 26),
    Column("Custom_Bank_Name", _TEXT, 30),
    Column("Custom_Bank_Code", _TEXT, 19),
    Column("Custom_Card_No", _TEXT, 22),
    Column("Custom_Iban", _TEXT, 30),
    Column("Custom_STCPay_Account", _TEXT, 24),
)
_NOT_IN_NAMES: Final = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*]|[\ud800-\udfff]')
"""The characters that some file system or header cannot have in a name."""


class StatementLayout:
    """The layout of a statement."""

    calendar: Calendar = RIYADH
    columns: Sequence[Column] = _COLUMNS

    def cells(self, merchant: Merchant, listed: ListedOrder) -> Sequence[Cell]:
        """One order."""
        order, payee, secrets = listed.order, listed.payee, listed.secrets
        bank = find_bank(payee.bank_code)
        return (
            str(merchant.merchant_id),
            merchant.name,
            str(order.id),
            order.payee_uid,
            PAYMENT_METHOD[order.method],
            order.created_at,
            order.ended_at,
            order.amount,
            order.fee,
            order.real_amount,
            order.currency,
            self.status(order.status),
            str(payee.id),
            payee.name_en,
            payee.name_ar,
            bank.name if bank else None,
            payee.bank_code,
            masked(secrets.card_number),
            payee.iban,
            secrets.stc_account,
        )

    def status(self, status: str) -> str:
        """The published word."""
        return ORDER_STATUS_TEXT[status]

    def title(self, merchant: Merchant, day: date) -> str:
        """The title of a statement: its file's name without the ending."""
        return file_name(merchant, day).removesuffix(".xlsx")


def file_name(merchant: Merchant, day: date) -> str:
    """The name of the file, in which each character of the merchant's name that a file's cannot have becomes `_`."""
    name = _NOT_IN_NAMES.sub("_", merchant.name)[:NAME_MAX].strip(". ") or "_"
    return f"GCCRECO_{name}_{merchant.merchant_id}_{day:%Y%m%d}.xlsx"


def masked(number: str | None) -> str | None:
    """A card number of which the first six and the last four digits are shown; one too short for that shows none."""
    if number is None:
        return None
    hidden = len(number) - SHOWN_BEFORE - SHOWN_AFTER
    if hidden <= 0:
        return "*" * len(number)
    return f"{number[:SHOWN_BEFORE]}{'*' * hidden}{number[-SHOWN_AFTER:]}"
