"""The work of `bursar kyc`."""

import os
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.customers.desk.model import Case, Reason, told
from bursar.customers.kyc.model import Verification
from bursar.decisions.model import BEGINNING, Ref, Verdict
from bursar.decisions.sources.kyc import KYC
from bursar.files.purposes import FilePurpose
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.main.parts import Parts
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal

PHOTO_MODE: Final = 0o600


def cases(console: Console, beyond: str | None, *, as_json: bool) -> None:
    """Print cases that wait."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[tuple[int, Verification]]:
        place = BEGINNING.place("")
        if beyond is not None:
            merchant_id, kyc_id = _named(beyond)
            last = await parts.rooms.customers.kyc.get(ctx.of(merchant_id), kyc_id)
            place = Place(last.submitted_at, last.id)
        return await parts.rooms.desk.desk.list_waiting(ctx, by, place)

    found = acting_on(run)
    if as_json:
        print_json([{"merchant": merchant_id, "verification": each} for merchant_id, each in found])
        return
    table = Table("Case", "Customer", "Document", "Country", "Photos", "Submitted")
    for merchant_id, each in found:
        photos, at = ", ".join(purpose.value for purpose in each.photos), f"{each.submitted_at:%Y-%m-%d %H:%M}"
        cells = (str(each.customer_id), each.credential.value, each.nationality, photos, at)
        table.add_row(f"{merchant_id}/{each.id}", *cells)
    print_table(console, table)


def show(console: Console, case: str, *, as_json: bool) -> None:
    """Print a case."""
    found = acting_on(lambda parts, ctx, by: parts.rooms.desk.desk.show(ctx, by, *_named(case)))
    if as_json:
        print_json(found)
        return
    _print_typed(console, found)
    table = Table("Check", "Result", "Detail")
    for finding in found.findings:
        table.add_row(finding.check, finding.verdict, finding.detail.replace("[", "\\["))
    print_table(console, table)
    if found.read_at is None:
        console.print("the photos are not read yet")
    for other in found.elsewhere:
        console.print(f"the same document: {other}", markup=False, highlight=False)


def _print_typed(console: Console, case: Case) -> None:
    profile, verification = case.profile, case.verification
    typed = {
        "status": verification.status,
        "name": f"{profile.given_name or ''} {profile.last_name or ''}",
        "born": profile.born_on,
        "document": verification.credential,
        "number": case.document_number,
        "country": verification.nationality,
        "photos": ", ".join(purpose.value for purpose in verification.photos),
    }
    for name, value in typed.items():
        console.print(f"{name}: {value if value is not None else ''}", markup=False, highlight=False, soft_wrap=True)


def photo(console: Console, case: str, purpose: FilePurpose, out: Path) -> None:
    """Write a photo into a new file that nobody else may read."""
    content = acting_on(lambda parts, ctx, by: parts.rooms.desk.desk.photo(ctx, by, _named(case), purpose))
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PHOTO_MODE), "wb") as file:
        file.write(content)
    console.print(f"wrote {len(content)} bytes", highlight=False)


def decide(console: Console, case: str, result: str, reason: str | None, code: Reason | None) -> None:
    """Decide on a case, as the queue of decisions does."""
    ref, why = Ref(KYC, *_named(case)), told(code) if code is not None else reason or ""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        return await parts.rooms.decisions.queue.decide(ctx, by, ref, Verdict(result, why))

    done = acting_on(run)
    console.print("waits for a second person" if done.waits_for else f"{result}: done", highlight=False)


def _named(text: str) -> tuple[int, int]:
    merchant_id, _, kyc_id = text.partition("/")
    if not (merchant_id.isdecimal() and kyc_id.isdecimal()) or len(text) > 40:
        raise typer.BadParameter("a case is named by its merchant and its number: 17/4711")
    return int(merchant_id), int(kyc_id)
