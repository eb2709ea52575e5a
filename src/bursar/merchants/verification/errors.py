"""Facts about the verification password. None of them carries one."""

from bursar.kernel.errors import Conflict, LimitReached, NotFound, Refused, Unavailable


class PasswordsDiffer(Refused):
    """The password and its confirmation are not the same."""


class PasswordMalformed(Refused):
    """A verification password is six digits."""


class PasswordSetAlready(Conflict):
    """The merchant has a verification password; it can be changed."""


class PasswordNotSet(NotFound):
    """The merchant has no verification password yet."""


class PasswordMissing(Refused):
    """The verification password is enabled, and none was given."""


class PasswordWrong(Refused):
    """This is not the verification password."""


class OldPasswordWrong(Refused):
    """This is not the verification password so far."""


class PasswordLocked(LimitReached):
    """Too many wrong verification passwords in a row; for a while none is looked at."""


class PasswordNotNew(Refused):
    """The new verification password is the one so far."""


class EnabledSoAlready(Conflict):
    """The verification password is enabled, or disabled, as asked."""

    enabled: bool


class PasswordNotStored(Unavailable):
    """The verification password could not be stored."""


class EnabledNotStored(Unavailable):
    """The switch of the verification password could not be stored."""
