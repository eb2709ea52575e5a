"""The room of the administration put together."""

from dataclasses import dataclass

from bursar.administration.actions import key_actions, merchant_actions, rate_actions, recording_action
from bursar.administration.administered import Administered
from bursar.administration.catalogue import card_fee_action, product_actions
from bursar.administration.directory import Directory
from bursar.administration.pools import pool_actions
from bursar.administration.service import Administration
from bursar.administration.terms import Terms
from bursar.exchange.service import Exchange
from bursar.ground import Ground
from bursar.staff.assembly import StaffRoom

__all__ = ["Administered", "AdministrationRoom", "build_administration"]


@dataclass(frozen=True, slots=True)
class AdministrationRoom:
    """The services of the administration; staff order changes by actions."""

    administration: Administration
    directory: Directory
    terms: Terms


def build_administration(
    ground: Ground, rooms: Administered, exchange: Exchange, staff: StaffRoom, *, live: bool
) -> AdministrationRoom:
    """The room on this ground, with its actions among those of the staff."""
    administration = Administration(ground, rooms, live=live)
    merchants, keys = merchant_actions(administration, live=live), key_actions(administration)
    cards, known = rooms.cards, rooms.merchants.merchants
    terms = (
        *product_actions(cards.catalogue),
        card_fee_action(cards.rates, known),
        *rate_actions(exchange),
        *pool_actions(rooms.wallet.pools),
    )
    for action in (*merchants, recording_action(administration), *keys, *terms):
        staff.actions.add(action)
    directory = Directory(rooms.merchants, administration, staff.permissions, staff.recorder)
    return AdministrationRoom(
        administration, directory, Terms(cards.catalogue, cards.rates, rooms.wallet.pools, known, staff.permissions)
    )
