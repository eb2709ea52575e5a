"""Realms: the staff of the install, and the users of merchants. One machinery signs in both, and keeps them apart.

Each service of signing in belongs to one realm, finds people of that realm alone, and accepts secrets of it alone: a
session of one is nobody's in the other.
"""

from enum import StrEnum


class Realm(StrEnum):
    """The side that somebody belongs to; the value begins the name of a person in the audit."""

    STAFF = "staff"
    MERCHANT = "user"

    @classmethod
    def of(cls, merchant_id: int) -> "Realm":
        """The realm of somebody of a merchant; 0: of the install."""
        return cls.MERCHANT if merchant_id else cls.STAFF

    @property
    def session_prefix(self) -> str:
        """The beginning of the secrets of its sessions."""
        return "bss_" if self is Realm.STAFF else "bms_"

    @property
    def link_path(self) -> str:
        """The page that takes its links. A secret stands behind the hash, which browsers send to nobody."""
        return "/console/link#" if self is Realm.STAFF else "/merchant/link#"

    @property
    def reset_path(self) -> str:
        """The page that takes its links for a new password."""
        return "/console/reset#" if self is Realm.STAFF else "/merchant/reset#"

    @property
    def guesses(self) -> str:
        """The name under which wrong tries to sign in are counted."""
        return "staff sign-in" if self is Realm.STAFF else "merchant user sign-in"
