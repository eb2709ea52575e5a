"""Expiry of holds: an authorization that nobody has cleared within `HOLD_FOR` gives its amount back. Pure.

The job is planned when the authorization is approved, for the end of that time.
"""

from dataclasses import replace

from bursar.cards import postings
from bursar.cards.authorizations import bills
from bursar.cards.authorizations.decisions import AuthorizationState, Decision
from bursar.cards.model import TransactionStatus


def expired(present: AuthorizationState) -> Decision:
    """Nobody cleared it in time; raises TransactionNotInState when somebody did."""
    before = present.known
    after = before.expire()
    bill = replace(present.first, status=TransactionStatus.EXPIRED)
    return Decision(
        present.card,
        after,
        bills.outcome(bill, after, None),
        kind="card_authorization_expired",
        known=before,
        changed=(bill,),
        transfers=postings.purchase_released(present.card.id, before.on_hold.amount),
    )
