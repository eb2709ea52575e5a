"""Refusals of steps with keys."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class GenerationUnknown(NotFound):
    """There is no such generation of a key."""

    kind: str
    generation: int


class KeyNotPrepared(Refused):
    """No next generation was prepared, so the other side cannot know it yet."""

    kind: str


class KeyPreparedAlready(Conflict):
    """A next generation is there already."""

    kind: str
    generation: int


class KeyStepInvalid(Refused):
    """A key in this state cannot take this step."""

    kind: str
    state: str
