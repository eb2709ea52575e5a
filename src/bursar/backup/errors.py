"""Refusals about backups."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class RecipientInvalid(Refused):
    """The recipient is no public key of age: it begins with age1."""


class IdentityInvalid(Refused):
    """The file holds no private key of age, or cannot be read."""


class TargetTaken(Conflict):
    """There is something in that place already."""

    path: str


class BackupMissing(NotFound):
    """There is no such file."""

    path: str


class BackupNotForThisKey(Refused):
    """The backup was sealed to other keys than this one."""


class BackupDamaged(Refused):
    """The backup is cut short or was changed."""

    reason: str

    def __str__(self) -> str:
        return f"The backup is of no use: {self.reason}."


class BackupFailed(Refused):
    """The backup could not be made, and no part of it was kept."""

    reason: str

    def __str__(self) -> str:
        return f"The backup could not be made, and no part of it was kept: {self.reason}."


class ProgramMissing(Refused):
    """A program of PostgreSQL is needed, and neither the embedded server nor PATH has it."""

    program: str
