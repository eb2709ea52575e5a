"""The events that the payout API pushes, with their data, for the documentation."""

from typing import Final

from bursar.api.payout.openapi import Push
from bursar.api.payout.schemas.orders import TicketOut
from bursar.api.payout.schemas.payees import CustomerOut

PUSHES: Final = (
    Push("CUSTOM_STATUS_CHANGE", "A customer's status changed.", CustomerOut),
    Push("SALARY_STATUS_CHANGE", "A payment order's status changed.", TicketOut),
)
