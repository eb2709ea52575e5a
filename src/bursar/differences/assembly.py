"""The room of differences put together: its places, the actions of its decisions, and its work."""

from collections.abc import Mapping
from dataclasses import dataclass

from bursar.accounting.service import Accounting
from bursar.decisions.assembly import DecisionRoom
from bursar.differences.actions import DifferenceActions, DifferenceRooms
from bursar.differences.chains import ChainPlace
from bursar.differences.decisions import difference_source
from bursar.differences.due import CompareOutside
from bursar.differences.model import CHAIN
from bursar.differences.service import Differences, Releases
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.staff.assembly import StaffRoom
from bursar.wallet.assembly import PayingRoom, WalletRoom


@dataclass(frozen=True, slots=True)
class DifferenceRoom:
    """The services of the room."""

    differences: Differences
    releases: Releases

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that a restore causes."""
        return (Handler(CompareOutside, self.differences.compare),)


@dataclass(frozen=True, slots=True)
class Settling:
    """The rooms by which differences are settled."""

    staff: StaffRoom
    decisions: DecisionRoom
    accounting: Accounting
    wallet: WalletRoom
    paying: PayingRoom


def build_differences(ground: Ground, parts: Settling, sends_to: Mapping[str, str]) -> DifferenceRoom:
    """The room, with its chains; the bank's folders are added where there are some. `sends_to` as `Releases` has it."""
    staff, wallet, paying = parts.staff, parts.wallet, parts.paying
    differences = Differences(ground, staff.permissions)
    for chain_id, chain in wallet.chains.items():
        name = f"{CHAIN}{chain_id}"
        differences.add_place(name, ChainPlace(ground, name, chain, wallet))
    rooms = DifferenceRooms(parts.accounting, wallet, paying)
    for action in DifferenceActions(differences, rooms, parts.decisions.actions).actions():
        staff.actions.add(action)
    parts.decisions.sources.add(difference_source(differences, paying.payments, staff.approvals))
    return DifferenceRoom(differences, Releases(ground, sends_to))
