"""The room of staff put together: people and their ways to sign in, permissions, four eyes, and the audit."""

from dataclasses import dataclass

from bursar.exchange.service import Exchange
from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.messages.mail import Mail
from bursar.staff.approvals.actions import staff_actions
from bursar.staff.approvals.model import Actions
from bursar.staff.approvals.policies import Policies
from bursar.staff.approvals.service import Approvals
from bursar.staff.approvals.sides import StaffSide
from bursar.staff.approvals.worth import Worth
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
from bursar.staff.verification import Verification


@dataclass(frozen=True, slots=True)
class StaffRoom:
    """The services of staff."""

    recorder: Recorder
    permissions: Permissions
    changes: Changes
    audit: Audit
    people: People
    links: Links
    sessions: Sessions
    signin: SignIn
    factors: Factors
    tokens: Tokens
    actions: Actions
    """To which other rooms add theirs."""
    worth: Worth
    policies: Policies
    approvals: Approvals
    verification: Verification
    handlers: Handlers


def build_staff(ground: Ground, mail: Mail, exchange: Exchange, rules: Rules) -> StaffRoom:
    """The room on this ground; links and news of new devices leave by `mail`, amounts are compared by `exchange`."""
    recorder = Recorder(ground)
    permissions, changes = Permissions(recorder), Changes(ground, recorder)
    sessions = Sessions(ground, permissions, changes)
    audit = Audit(ground, recorder, permissions)
    people = People(ground, permissions, recorder, changes)
    actions = Actions()
    side, worth = StaffSide(permissions), Worth(exchange)
    policies = Policies(ground, side, actions, worth, live=rules.live)
    for action in staff_actions(people, policies, recorder):
        actions.add(action)
    return StaffRoom(
        recorder,
        permissions,
        changes,
        audit,
        people,
        Links(ground, permissions, changes, mail, rules.url),
        sessions,
        SignIn(ground, recorder, changes, sessions, rules),
        Factors(ground, changes, rules),
        Tokens(ground, permissions, changes),
        actions,
        worth,
        policies,
        Approvals(ground, side, recorder, actions, policies),
        Verification(ground, recorder, permissions, audit),
        (Handler(TellNewDevice, NewDevice(ground, mail).tell),),
    )
