"""The room of the users of merchants put together, on the machinery by which the staff sign in."""

from dataclasses import dataclass

from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.merchants.service import Merchants
from bursar.messages.mail import Mail
from bursar.staff.approvals.model import Action, Actions
from bursar.staff.approvals.policies import Policies
from bursar.staff.approvals.service import Approvals
from bursar.staff.approvals.sides import MerchantSide
from bursar.staff.assembly import StaffRoom
from bursar.staff.merchant_roles import MerchantPermission
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
    actions: Actions
    """Of merchants' users, to which other rooms add theirs."""
    policies: Policies
    approvals: Approvals
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
    side, actions = MerchantSide(permissions), Actions()
    policies = Policies(ground, side, actions, staff.worth, live=rules.live)
    actions.add(Action("policies.change", MerchantPermission.POLICIES_CHANGE, policies.decide_change))
    approvals = Approvals(ground, side, staff.recorder, actions, policies)
    handlers = (Handler(SendReset, resets.send),)
    ways = links, sessions, signin, factors, resets
    return UserRoom(users, permissions, *ways, actions, policies, approvals, handlers)
