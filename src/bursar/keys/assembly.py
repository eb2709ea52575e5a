"""The room of keys put together."""

from bursar.ground import Ground
from bursar.keys.actions import key_actions
from bursar.keys.service import Keys
from bursar.merchants.service import Merchants
from bursar.staff.approvals.model import Actions


def build_keys(ground: Ground, merchants: Merchants, actions: Actions) -> Keys:
    """The room on this ground, with its action among those of the staff."""
    keys = Keys(ground, merchants)
    for action in key_actions(keys):
        actions.add(action)
    return keys
