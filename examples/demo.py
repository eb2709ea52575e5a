"""Days in the life of a merchant, against a running sandbox: `python -m examples.demo`.

A day for each side of the platform, printing each step and checking what it brought about, and the books at the end of
it all. It exits with 1 when anything differs from what the contract says, with 2 when there is no sandbox.
`BURSAR_HOME` says where the server keeps `sandbox.json`; the default is `var`.

A sandbox that has been used before will do: amounts are compared with what they were, not with a fresh start.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
from rich.panel import Panel
from rich.text import Text

from examples import card_day, payout_day, wallet_day
from examples.card_client import NotForUs, Sandbox, SandboxRefused, read_sandbox
from examples.payout_client import NotFromTheSystem
from examples.story import Differs, Story

DAYS = (card_day.live_through, wallet_day.live_through, payout_day.live_through)
FAULTS = (Differs, SandboxRefused, NotForUs, NotFromTheSystem, TimeoutError, httpx2.HTTPError, LookupError)


def check_books(sandbox_file: dict[str, Any], story: Story) -> None:
    """Every cent of all days, recomputed from the entries."""
    story.begin("The books", "recomputed from the entries, not from stored balances")
    with Sandbox.from_sandbox(sandbox_file) as sandbox:
        check = sandbox.check_ledger()
    story.expect("balanced", check["balanced"], True)
    story.expect("differences", check["differences"], [])
    story.tell("recomputed from", f"{check['entries']} entries in {check['books']} books")


def main() -> int:
    """Run the days; the exit code."""
    story = Story()
    home = Path(os.environ.get("BURSAR_HOME", "var"))
    try:
        sandbox_file = read_sandbox(home)
    except FileNotFoundError:
        story.console.print(f"There is no {home / 'sandbox.json'}: start the server with `make up` first.", style="red")
        return 2
    started = time.monotonic()
    try:
        for live_through in (*DAYS, check_books):
            live_through(sandbox_file, story)
    except FAULTS as fault:
        story.console.print(Panel(Text(f"{type(fault).__name__}: {fault}"), title="It differs", border_style="red"))
        return 1
    took_s = time.monotonic() - started
    story.console.print()
    story.console.print(Panel.fit(Text(f"{story.checks} checks, all as expected, in {took_s:.1f} s", "bold green")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
