"""The services by which the people of one realm sign in."""

from typing import Protocol

from bursar.staff.signin.factors import Factors
from bursar.staff.signin.service import SignIn
from bursar.staff.signin.sessions import Sessions


class SigningRoom(Protocol):
    """Those of the staff or those of merchants' users."""

    @property
    def sessions(self) -> Sessions:
        """Their sessions."""
        ...

    @property
    def signin(self) -> SignIn:
        """The ways in which sessions begin."""
        ...

    @property
    def factors(self) -> Factors:
        """Their ways to sign in."""
        ...
