"""The room of screening put together; other rooms add those of theirs who are screened to `sources`."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from bursar.ground import Ground
from bursar.kernel.due import Handler, Handlers
from bursar.screening.due import DiscardList, ScreenAll, ScreenSubject
from bursar.screening.finder import Finder
from bursar.screening.hits import Hits
from bursar.screening.jobs import ScreeningJobs
from bursar.screening.loader import Loader
from bursar.screening.matcher import Entries, Matcher
from bursar.screening.overview import Overview
from bursar.screening.ports import Sources
from bursar.screening.service import Gate
from bursar.screening.store import EntryNames, ListStore
from bursar.staff.assembly import StaffRoom


@dataclass(frozen=True, slots=True)
class ScreeningRoom:
    """The services of screening."""

    gate: Gate
    sources: Sources
    loader: Loader
    hits: Hits
    overview: Overview
    jobs: ScreeningJobs
    matchers: tuple[Matcher, Matcher]

    @property
    def handlers(self) -> Handlers:
        """Handlers of the work that screening causes."""
        return (
            Handler(ScreenSubject, self.jobs.screen),
            Handler(ScreenAll, self.jobs.screen_all),
            Handler(DiscardList, self.jobs.discard),
        )

    async def close(self) -> None:
        """End the processes that compare names."""
        for matcher in self.matchers:
            await matcher.close()


def build_screening(
    ground: Ground,
    staff: StaffRoom,
    matcher: Callable[[Entries], Matcher] = Matcher,
    folder: Path | None = None,
) -> ScreeningRoom:
    """The room on this ground; `matcher` makes what compares names, once for all lists and once for changes of them.

    `folder` has the lists that are loaded without another being named.
    """
    store, sources = ListStore(ground.database), Sources()

    def entries(list_id: int, new_only: bool) -> AsyncIterator[list[EntryNames]]:
        return store.entries(list_id, new_only=new_only)

    of_all, of_changes = matcher(entries), matcher(entries)
    changes = staff.changes
    hits = Hits(ground, staff.permissions, changes, staff.recorder, sources)
    for action in hits.actions():
        staff.actions.add(action)
    return ScreeningRoom(
        Gate(ground),
        sources,
        Loader(ground, staff.permissions, changes, sources, folder),
        hits,
        Overview(ground, staff.permissions, changes, sources),
        ScreeningJobs(ground, sources, Finder(ground, of_all), Finder(ground, of_changes)),
        (of_all, of_changes),
    )
