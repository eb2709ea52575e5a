"""The work that webhooks cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class PushQueue(Payload):
    """Push the deliveries of a queue until it is empty or its head is not due.

    A job from before there were queues names a delivery alone.
    """

    kind: ClassVar[str] = "webhooks.push"
    api: str = ""
    queue: str = ""
    delivery_id: int | None = None

    def __post_init__(self) -> None:
        if self.delivery_id is None and not (self.api and self.queue):
            raise ValueError("it names no queue")


@dataclass(frozen=True, slots=True)
class ReplayPushes(Payload):
    """Push deliveries with such numbers again, a portion at a time."""

    kind: ClassVar[str] = "webhooks.replay"
    api: str
    first: int
    last: int
    asked: int
    """The number of the replay."""
    status: str | None = None
    """None: whatever has come to an end."""
