"""The room of the administration put together."""

from dataclasses import dataclass

from bursar.administration.actions import key_actions, merchant_actions
from bursar.administration.directory import Directory
from bursar.administration.service import Administered, Administration
from bursar.ground import Ground
from bursar.staff.assembly import StaffRoom

__all__ = ["Administered", "AdministrationRoom", "build_administration"]


@dataclass(frozen=True, slots=True)
class AdministrationRoom:
    """The services of the administration; staff order changes by actions."""

    administration: Administration
    directory: Directory


def build_administration(ground: Ground, rooms: Administered, staff: StaffRoom, *, live: bool) -> AdministrationRoom:
    """The room on this ground, with its actions among those of the staff."""
    administration = Administration(ground, rooms, live=live)
    for action in (*merchant_actions(administration, live=live), *key_actions(administration)):
        staff.actions.add(action)
    directory = Directory(rooms.merchants, administration, staff.permissions, staff.recorder)
    return AdministrationRoom(administration, directory)
