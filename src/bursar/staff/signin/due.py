"""Work that sign-ins cause. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class TellNewDevice(Payload):
    """Mail somebody about a session that was begun from a new device."""

    kind: ClassVar[str] = "staff.tell_new_device"
    session_id: int


@dataclass(frozen=True, slots=True)
class SendReset(Payload):
    """Mail a link for a new password to a merchant's user; 0 is nobody, whose address was typed all the same."""

    kind: ClassVar[str] = "staff.send_reset"
    person_id: int
