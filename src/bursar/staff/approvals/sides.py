"""The side of an approval: the realm whose people ask and approve, with its permissions, roles and policies.

Asking, approving and checking are the same for both realms. What differs is here: whose approvals somebody finds, the
book in which they ask, and whether a second factor must have been proved a moment ago.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence, Set
from datetime import datetime
from typing import Final

from bursar.kernel.context import INSTALL, Context
from bursar.staff.approvals.model import MERCHANT_POLICIES, POLICIES, Action, Arguments, Policy
from bursar.staff.errors import ApproverNoPerson, PermissionMissing, PolicyUnusable, SecondFactorStale
from bursar.staff.merchant_roles import MerchantPermission, MerchantRole, merchant_permissions_of
from bursar.staff.model import Person, Principal
from bursar.staff.people.service import read_roles
from bursar.staff.permissions import Permissions
from bursar.staff.realm import Realm
from bursar.staff.roles import Permission, Role, permissions_of
from bursar.staff.users.permissions import UserPermissions

AnyRole = Role | MerchantRole
AnyPermission = Permission | MerchantPermission


class Side(ABC):
    """The rules that one realm has of its own about approvals."""

    realm: Realm
    reads: AnyPermission
    """To read approvals."""
    reads_policies: AnyPermission
    policies: Sequence[Policy]
    """The policies of whoever has written down none."""

    @abstractmethod
    async def check(self, ctx: Context, by: Principal, permission: AnyPermission, subject: str | None = None) -> None:
        """Raises PermissionMissing, which is on record then."""

    @abstractmethod
    def merchant_of(self, by: Principal) -> int:
        """The merchant whose approvals they see, 0 for those of the staff; raises ApproverNoPerson."""

    @abstractmethod
    def book_of(self, by: Principal, action: Action, arguments: Arguments) -> int:
        """The merchant in whose book the action is committed."""

    @abstractmethod
    def roles_of(self, by: Principal) -> Set[AnyRole]:
        """The roles in this realm."""

    @abstractmethod
    def may(self, person: Person, permission: AnyPermission) -> bool:
        """True if the person has the permission now."""

    @abstractmethod
    def check_proved(self, by: Principal, now: datetime) -> None:
        """Raises SecondFactorStale where the realm demands that a second factor was proved a moment ago."""

    @abstractmethod
    def read_approvers(self, arguments: Arguments) -> tuple[AnyRole, ...]:
        """The roles of a new policy; raises RoleUnknown or PolicyUnusable."""


class StaffSide(Side):
    """The staff: a token is its person, and the action names the book."""

    realm = Realm.STAFF
    reads = Permission.APPROVALS_READ
    reads_policies = Permission.POLICIES_READ
    policies = POLICIES

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions

    async def check(self, ctx: Context, by: Principal, permission: AnyPermission, subject: str | None = None) -> None:
        """As `Side` says."""
        if not isinstance(permission, Permission):
            raise PermissionMissing(permission, by.actor)
        await self._permissions.check(ctx, by, permission, subject)

    def merchant_of(self, by: Principal) -> int:  # noqa: ARG002 - the same for everybody
        """As `Side` says."""
        return INSTALL

    def book_of(self, by: Principal, action: Action, arguments: Arguments) -> int:  # noqa: ARG002 - the action's
        """As `Side` says."""
        return action.book(arguments)

    def roles_of(self, by: Principal) -> Set[AnyRole]:
        """As `Side` says."""
        return by.roles

    def may(self, person: Person, permission: AnyPermission) -> bool:
        """As `Side` says."""
        return permission in permissions_of(person.roles)

    def check_proved(self, by: Principal, now: datetime) -> None:
        """Nothing: a token of the staff approves too, and the console asks for the proof where somebody is there."""

    def read_approvers(self, arguments: Arguments) -> tuple[AnyRole, ...]:
        """As `Side` says; none: nobody else is needed."""
        return read_roles(arguments["approvers"]) if arguments.get("approvers") else ()


_CHECKERS: Final = (MerchantRole.CHECKER,)


class MerchantSide(Side):
    """The users of merchants: each is of one merchant, and asks and approves in its book alone."""

    realm = Realm.MERCHANT
    reads = MerchantPermission.APPROVALS_READ
    reads_policies = MerchantPermission.POLICIES_READ
    policies = MERCHANT_POLICIES

    def __init__(self, permissions: UserPermissions) -> None:
        self._permissions = permissions

    async def check(self, ctx: Context, by: Principal, permission: AnyPermission, subject: str | None = None) -> None:
        """As `Side` says."""
        if by.membership is None or not isinstance(permission, MerchantPermission):
            raise PermissionMissing(permission, by.actor)
        own = ctx.of(by.membership.merchant_id)
        await self._permissions.check(own, by, permission, subject or f"merchant:{own.merchant_id}")

    def merchant_of(self, by: Principal) -> int:
        """As `Side` says."""
        if by.membership is None:
            raise ApproverNoPerson(by.actor)
        return by.membership.merchant_id

    def book_of(self, by: Principal, action: Action, arguments: Arguments) -> int:  # noqa: ARG002 - the merchant's
        """As `Side` says: the own merchant's, whatever the arguments name."""
        return self.merchant_of(by)

    def roles_of(self, by: Principal) -> Set[AnyRole]:
        """As `Side` says."""
        return frozenset() if by.membership is None else by.membership.roles

    def may(self, person: Person, permission: AnyPermission) -> bool:
        """As `Side` says."""
        return permission in merchant_permissions_of(person.merchant_roles)

    def check_proved(self, by: Principal, now: datetime) -> None:
        """As `Side` says: users have sessions alone, and a stolen one approves nothing."""
        if not by.has_proved(now):
            raise SecondFactorStale(by.actor)

    def read_approvers(self, arguments: Arguments) -> tuple[AnyRole, ...]:
        """The checkers, always: a merchant says from which amount on, and not that nobody is needed."""
        if arguments.get("approvers"):
            raise PolicyUnusable("the checkers of a merchant approve, and nobody else")
        return _CHECKERS


def roles_of(person: Person) -> Set[AnyRole]:
    """The roles of a person of either realm, as they are stored."""
    return frozenset((*person.roles, *person.merchant_roles))
