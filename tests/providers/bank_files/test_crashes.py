"""Cut off between any two steps, and done again: each payment in one file, each end told once, nothing lost."""

from collections.abc import Callable
from typing import Any

import pytest

from bursar.db.database import Database
from bursar.db.queries import Query
from bursar.payouts.payees.model import Payee
from bursar.providers.bank_files.due import CollectFiles, CutOff, DeliverFile, ReportFile
from bursar.providers.bank_files.folder import FolderConnection
from tests.providers.bank_files.rail import RailTreasury, booked, camt054, message_id, pain002, reference, references

STEPS_MAX = 400


class Cut(BaseException):
    """The process is gone."""


class Knife:
    """Cuts at one step, before it is done or right after: a statement, a commit of the ledger, a move of a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ledger: type) -> None:
        self.left: int | None = None
        self.after = False
        for owner, names in (
            (Database, ("fetch_all", "fetch_one", "fetch_value", "fetch_rows", "execute")),
            (ledger, ("commit",)),
            (FolderConnection, ("deliver", "look", "fetch", "keep", "note")),
        ):
            for name in names:
                monkeypatch.setattr(owner, name, self._wrapped(getattr(owner, name)))

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        async def stepping(*args: Any, **said: Any) -> Any:
            if self.left is None or (len(args) > 1 and _is_lease(args[1])):
                return await call(*args, **said)
            self.left -= 1
            if self.left == 0 and not self.after:
                raise Cut
            result = await call(*args, **said)
            if self.left == 0:
                raise Cut
            return result

        return stepping

    def set(self, step: int, *, after: bool) -> None:
        self.left, self.after = step, after


def _is_lease(query: object) -> bool:
    return isinstance(query, Query) and query.name.endswith("lease_ids")


async def cut_everywhere(knife: Knife, run: Callable[[], Any], *, after: bool) -> int:
    """Run again and again, cut one step later each time, until a run is through; how many were cut."""
    for step in range(1, STEPS_MAX):
        knife.set(step, after=after)
        try:
            await run()
        except Cut:
            continue
        finally:
            knife.left = None
        return step - 1
    raise AssertionError("it never ended")


@pytest.fixture
def knife(monkeypatch: pytest.MonkeyPatch, rail: RailTreasury) -> Knife:
    return Knife(monkeypatch, type(rail.ledger))


async def sealed_ids(rail: RailTreasury) -> list[int]:
    return await rail.numbers("SELECT (payload->>'file_id')::bigint FROM job WHERE kind = 'bank.deliver' ORDER BY id")


@pytest.mark.parametrize("after", [False, True])
async def test_sealing_and_delivering(
    rail: RailTreasury, payee: Payee, knife: Knife, to_cut_off: Callable[[], None], after: bool
) -> None:
    orders = [await rail.sent(payee, f"u-{number}", "10") for number in range(3)]
    to_cut_off()
    assert await cut_everywhere(knife, lambda: rail.job(CutOff()), after=after) >= 3
    ids = await sealed_ids(rail)
    assert len(ids) == 1
    contents = set()

    async def deliver() -> None:
        await rail.job(DeliverFile(ids[0]))
        contents.update(file.read_bytes() for file in rail.files_in("out"))

    assert await cut_everywhere(knife, deliver, after=after) >= 3
    [file] = rail.files_in("out")
    assert contents == {file.read_bytes()}
    assert references(file) == [reference(order) for order in orders]
    assert await rail.count("bank_file", "delivered_at IS NOT NULL") == 1
    await rail.check_books()


@pytest.mark.parametrize("after", [False, True])
async def test_collecting_and_telling(
    rail: RailTreasury, payee: Payee, knife: Knife, to_cut_off: Callable[[], None], after: bool
) -> None:
    orders = [await rail.sent(payee, f"u-{number}", "10") for number in range(4)]
    to_cut_off()
    [file] = await rail.cut_off()
    one, two, three, _four = map(reference, orders)
    rail.put("a.xml", pain002(message_id(file), {one: "RJCT AC04", two: "ACSP"}, group="ACSC"))
    rail.put("b.xml", camt054(booked(two, "10.00", number="77"), booked("P1"), booked(three, "10.00", number="78")))
    rail.put("c.xml", "no xml")
    await rail.job(CollectFiles())
    assert await cut_everywhere(knife, lambda: rail.job(CollectFiles()), after=after) >= 10
    assert await rail.count("job", "kind = 'bank.report'") == 2
    for digest in await rail.numbers("SELECT payload->>'digest' FROM job WHERE kind = 'bank.report' ORDER BY id"):
        await cut_everywhere(knife, lambda digest=digest: rail.job(ReportFile(bytes.fromhex(digest))), after=after)
    assert [await rail.status(order) for order in orders] == ["failed", *["transferred"] * 3]
    assert await rail.unmatched() == [("P1", "no payment has this reference")]
    assert await rail.contradictions() == []
    assert await rail.count("bank_entry") == 4 + 3  # two of the file by name, two by the whole, three bookings
    assert [len(rail.files_in(folder)) for folder in ("in", "done", "error")] == [0, 2, 2]
    told = [after_ for _, _, after_ in await rail.announced() if after_ in {"failed", "transferred"}]
    assert sorted(told) == ["failed", *["transferred"] * 3]
    assert await rail.balances(asset="SAR") == {"payout:available SAR": "970.00", "clearing:bank SAR": "30.00"}
    await rail.check_books()


async def test_what_was_delivered_under_other_settings_stays_as_it_was(
    rail: RailTreasury, payee: Payee, knife: Knife, to_cut_off: Callable[[], None]
) -> None:
    """The content is kept before the bank gets it: a new name of the debtor is in the next file."""
    await rail.sent(payee, "u-1")
    to_cut_off()
    await rail.job(CutOff())
    [file_id] = await sealed_ids(rail)
    knife.set(4, after=False)
    with pytest.raises(Cut):
        await rail.job(DeliverFile(file_id))  # at the moment when it would be put into the folder
    knife.left = None
    assert rail.files_in("out") == []
    debtor = rail.rail.settings.debtor
    object.__setattr__(debtor, "name", "Somebody Else")
    await rail.job(DeliverFile(file_id))
    [file] = rail.files_in("out")
    assert b"Bursar Trading Co." in file.read_bytes()
    assert b"Somebody Else" not in file.read_bytes()
