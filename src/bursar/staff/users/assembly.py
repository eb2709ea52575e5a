"""The room of the users of merchants put together, on the machinery by which the staff sign in."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.service import Merchants
from bursar.messages.mail import Mail
from bursar.staff.assembly import StaffRoom
from bursar.staff.realm import Realm
from bursar.staff.signin.due import SendReset
from bursar.staff.signin.factors import Factors
from bursar.staff.signin.links import Links
from bursar.staff.signin.model import Rules
from bursar.staff.signin.resets import PasswordResets
from bursar.staff.signin.service import SignIn
from bursar.staff.signin.sessions import Sessions
from bursar.staff.users.permissions import UserPermissions
from bursar.staff.users.service import Judges, Users


@dataclass(frozen=True, slots=True)
class UserRoom:
    """The services of the users of merchants; none of them knows a session, link or passkey of the staff."""

    users: Users
    permissions: UserPermissions
    links: Links
    sessions: Sessions
    signin: SignIn
    factors: Factors
    resets: PasswordResets
    handlers: Handlers


def build_users(ground: Ground, staff: StaffRoom, merchants: Merchants, mail: Mail, rules: Rules) -> UserRoom:
    """The room on this ground; links leave by `mail`."""
    links = Links(ground, staff.permissions, staff.changes, mail, rules.url)
    permissions = UserPermissions(staff.recorder)
    users = Users(ground, merchants, Judges(staff.permissions, permissions), staff.changes, links)
    sessions = Sessions(ground, staff.permissions, staff.changes, Realm.MERCHANT, users.stands)
    signin = SignIn(ground, staff.recorder, staff.changes, sessions, rules)
    factors = Factors(ground, staff.changes, rules, Realm.MERCHANT)
    resets = PasswordResets(ground, staff.changes, signin, mail, rules)
    return UserRoom(users, permissions, links, sessions, signin, factors, resets, (Handler(SendReset, resets.send),))
