"""The tables of each kind of report."""

from collections.abc import Iterator, Sequence
from typing import Final

from bursar.accounting.model import Line, TrialBalance, section_of
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.reports.model import Content, Period, ReportKind, Table
from bursar.reports.store import BookSums, LastProof, Movement

MOVEMENT: Final = ("Movement", "Asset", "Number", "Sum")


async def content_of(kind: ReportKind, period: Period, sums: BookSums) -> Content:
    """The tables of a report on a period."""
    if kind is ReportKind.REVENUE:
        return Content([revenue(await sums.moved_in(chart.PLATFORM_FEES, period))])
    if kind is ReportKind.VOLUMES:
        return Content([volumes(await sums.volumes(period))])
    return close(await sums.turnover(period), await sums.balances(period))


def close(turnover: Sequence[Movement], balances: Sequence[tuple[str, int, Money]]) -> Content:
    """Turnover, balances and totals of a day, with the assets in which one side does not explain the other."""
    lines = [Line(section_of(code), code, accounts, balance) for code, accounts, balance in balances if balance.minor]
    totals = TrialBalance(lines).totals
    tables = [
        Table("Turnover", MOVEMENT, [(m.kind, m.amount.asset, m.count, m.amount) for m in turnover]),
        Table(
            "Balances",
            ("Section", "Account", "Accounts", "Asset", "Balance"),
            [(line.section, line.code, line.accounts, line.balance.asset, line.balance) for line in lines],
        ),
        Table(
            "Totals",
            ("Asset", "Owed", "Outside", "Difference"),
            [(total.asset, total.owed, total.outside, total.difference) for total in totals],
        ),
    ]
    differences = [
        f"{total.asset}: what is owed differs from what is outside by {total.difference} {total.asset}"
        for total in totals
        if total.difference.minor
    ]
    return Content(tables, differences)


def revenue(movements: Sequence[Movement]) -> Table:
    """The fees that each merchant was charged, with a line for each asset at the end."""
    return Table("Revenue", ("Merchant", *MOVEMENT), [*_by_merchant(movements), *_together(movements)])


def volumes(movements: Sequence[Movement]) -> Table:
    """The movements of each merchant."""
    return Table("Volumes", ("Merchant", *MOVEMENT), [*_by_merchant(movements)])


def _by_merchant(movements: Sequence[Movement]) -> Iterator[tuple[str, str, str, int, Money]]:
    for m in movements:
        yield (str(m.merchant_id), m.kind, m.amount.asset, m.count, m.amount)


def _together(movements: Sequence[Movement]) -> Iterator[tuple[str, str, str, int, Money]]:
    for asset in sorted({m.amount.asset for m in movements}):
        of_asset = [m for m in movements if m.amount.asset == asset]
        total = Money(sum(m.amount.minor for m in of_asset), asset)
        yield ("all", "all", asset, sum(m.count for m in of_asset), total)


def provisional_faults(period: Period) -> Iterator[str]:
    """The sentence on a day that is not over."""
    if period.until is not None:
        yield f"provisional: the day is not over, and entries since {period.end_at:%Y-%m-%d %H:%M:%S} UTC are not in it"


def proof_faults(proof: LastProof | None, period: Period) -> Iterator[str]:
    """Sentences on the proof of the books that a close of a whole day rests on."""
    if period.until is not None:
        return
    if proof is None or proof.night <= period.last:
        yield "the books have not been proven since the day ended (`bursar ledger check` proves them now)"
    if proof is not None and proof.differences:
        yield f"the proof of the night of {proof.night} has found {proof.differences} differences"
