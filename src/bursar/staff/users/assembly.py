"""The room of the users of merchants put together, on the machinery by which the staff sign in."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.merchants.service import Merchants
from bursar.messages.mail import Mail
from bursar.staff.assembly import StaffRoom
from bursar.staff.realm import Realm
from bursar.staff.signin.factors import Factors
from bursar.staff.signin.links import Links
from bursar.staff.signin.model import Rules
from bursar.staff.signin.service import SignIn
from bursar.staff.signin.sessions import Sessions
from bursar.staff.users.service import Users


@dataclass(frozen=True, slots=True)
class UserRoom:
    """The services of the users of merchants; none of them knows a session, link or passkey of the staff."""

    users: Users
    sessions: Sessions
    signin: SignIn
    factors: Factors


def build_users(ground: Ground, staff: StaffRoom, merchants: Merchants, mail: Mail, rules: Rules) -> UserRoom:
    """The room on this ground; links leave by `mail`."""
    links = Links(ground, staff.permissions, staff.changes, mail, rules.url)
    users = Users(ground, merchants, staff.permissions, staff.changes, links)
    sessions = Sessions(ground, staff.permissions, staff.changes, Realm.MERCHANT, users.stands)
    signin = SignIn(ground, staff.recorder, staff.changes, sessions, rules)
    return UserRoom(users, sessions, signin, Factors(ground, staff.changes, rules, Realm.MERCHANT))
