"""Refusals about the install as a whole."""

from bursar.kernel.errors import Conflict, LimitReached, Refused


class DatabaseRestored(Refused):
    """The database is not the one that this install has seen last, or stands behind it."""

    reason: str

    def __str__(self) -> str:
        return (
            f"The database is not as this install has seen it last ({self.reason}), so numbers given out since may be"
            " given again: run `bursar restored` if a backup was restored, or name the right database."
        )


class ProcessesRunning(Conflict):
    """Processes of this install are running; stop API and workers first."""

    found: int


class EpochsExhausted(LimitReached):
    """The install was restored as often as there are epochs."""


class SettingMissing(Refused):
    """A setting that is needed is missing or has no sense."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name} {self.reason}."


class SettingUnknown(Refused):
    """The environment has names that look like settings and are none: probably one was misspelled."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return f"There is no setting {', '.join(self.names)}: `bursar config` lists all of them."
