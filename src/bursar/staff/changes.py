"""The commit of what staff change: one operation in the install's book, with its record in the audit."""

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.model import Operation, Part, Receipt, fingerprint
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal


class Changes:
    """Commits a change under the key of the request: a repeat changes nothing, and is told the first one's receipt."""

    def __init__(self, ground: Ground, recorder: Recorder) -> None:
        self._ledger = ground.ledger
        self._recorder = recorder

    async def commit(
        self, ctx: Context, by: Principal, event: Event, part: Part, *, asked: tuple[object, ...] = ()
    ) -> Receipt:
        """Raises the refusals of the part, StateChanged, or KeyReused when the key was used for something else.

        `asked` is what the request said, which a repeat says too.
        """
        return await self.commit_in(ctx.of(INSTALL), by, event, part, asked=asked)

    async def commit_in(
        self, ctx: Context, by: Principal, event: Event, part: Part, *, asked: tuple[object, ...] = ()
    ) -> Receipt:
        """The same in the book of the context's merchant."""
        operation = Operation(
            f"{ctx.request_key}:{event.action}",
            fingerprint(event.action, *asked),
            event.action,
            event.subject or "install:0",
        )
        recorded = self._recorder.part(ctx, by, event)
        return await self._ledger.commit(ctx, operation + part + recorded)
