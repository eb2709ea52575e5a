"""The room of staff put together: people and their ways to sign in, permissions, and the audit."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.messages.mail import Mail
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.service import Audit
from bursar.staff.changes import Changes
from bursar.staff.people.service import People
from bursar.staff.permissions import Permissions
from bursar.staff.signin.due import TellNewDevice
from bursar.staff.signin.factors import Factors
from bursar.staff.signin.links import Links
from bursar.staff.signin.model import Rules
from bursar.staff.signin.new_device import NewDevice
from bursar.staff.signin.service import SignIn
from bursar.staff.signin.sessions import Sessions
from bursar.staff.tokens.service import Tokens


@dataclass(frozen=True, slots=True)
class StaffRoom:
    """The services of staff."""

    recorder: Recorder
    permissions: Permissions
    audit: Audit
    people: People
    links: Links
    sessions: Sessions
    signin: SignIn
    factors: Factors
    tokens: Tokens
    handlers: Handlers


def build_staff(ground: Ground, mail: Mail, rules: Rules) -> StaffRoom:
    """The room on this ground; links and news of new devices leave by `mail`."""
    recorder = Recorder(ground)
    permissions, changes = Permissions(recorder), Changes(ground, recorder)
    sessions = Sessions(ground, permissions, changes)
    return StaffRoom(
        recorder,
        permissions,
        Audit(ground, recorder, permissions),
        People(ground, permissions, recorder, changes),
        Links(ground, permissions, changes, mail, rules.url),
        sessions,
        SignIn(ground, recorder, changes, sessions, rules),
        Factors(ground, changes, rules),
        Tokens(ground, permissions, changes),
        (Handler(TellNewDevice, NewDevice(ground, mail).tell),),
    )
