"""The work of `bursar sms`."""

from rich.console import Console

from bursar.cli.commands import with_parts
from bursar.messages.service import UNPLACED_ID_MAX, UNPLACED_LISTED


def unplaced_receipts(console: Console, before: int | None) -> None:
    """Print delivery receipts that are of no message, newest first."""
    found = with_parts(lambda parts: parts.rooms.messages.receipts.list_unplaced(before or UNPLACED_ID_MAX))
    for receipt in found:
        about = f"id {receipt.message_id or '-'} status {receipt.said or '-'} numbers …{' …'.join(receipt.number_ends)}"
        console.print(f"{receipt.id} {receipt.at:%Y-%m-%d %H:%M} {about}", markup=False, highlight=False)
        console.print(f"    {receipt.problem}", markup=False, highlight=False)
    more = f"; older ones: --before {found[-1].id}" if len(found) == UNPLACED_LISTED else ""
    console.print(f"{len(found)} receipts{more}", highlight=False)


def drop_receipt(receipt: int) -> int:
    """Drop a delivery receipt that was looked at; how many there were of this number."""
    return with_parts(lambda parts: parts.rooms.messages.receipts.drop_unplaced(receipt))
