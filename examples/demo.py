"""Days in the life of a merchant, against a running sandbox: `python -m examples.demo`.

A day for each side of the platform, printing each step and checking what it brought about, and the books at the end of
it all. It exits with 1 when anything differs from what the contract says, with 2 when there is no sandbox.
`BURSAR_HOME` says where the server keeps `sandbox.json`; the default is `var`.

A sandbox that has been used before will do: amounts are compared with what they were, not with a fresh start. Webhooks'
addresses, their faults and those of providers are put back as they were found. The clock is not: it goes forward only.
Where the merchant asks for its verification password, `BURSAR_VERIFY_PASSWORD` says it; it is not asked for meanwhile.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.panel import Panel
from rich.text import Text

from bursar_sdk import BursarCard, BursarError, Sandbox, SandboxRefused, values
from examples import card_day, payout_day, wallet_day
from examples.story import Differs, Story

DAYS = (card_day.live_through, wallet_day.live_through, payout_day.live_through)
FAULTS = (Differs, BursarError, TimeoutError, LookupError)


def check_books(sandbox_file: Path, story: Story) -> None:
    """Every cent of all days, recomputed from the entries."""
    story.begin("The books", "recomputed from the entries, not from stored balances")
    with Sandbox.from_sandbox(sandbox_file) as sandbox:
        check = sandbox.check_ledger()
    story.expect("balanced", check.balanced, True)
    story.expect("differences", check.differences, ())
    story.tell("recomputed from", f"{check.entries} entries in {check.books} books")


@contextmanager
def put_back(sandbox_file: Path, story: Story) -> Iterator[None]:
    """No faults while the days are lived through; afterwards those and the addresses that were there before."""
    with Sandbox.from_sandbox(sandbox_file) as sandbox:
        addresses = sandbox.set_webhook_urls()
        on_the_way, faults = sandbox.list_webhook_faults(), sandbox.list_faults().faults
        sandbox.clear_webhook_faults()
        sandbox.clear_faults()
        try:
            yield
        finally:
            story.begin("Afterwards", "the sandbox as it was found, except for its clock")
            for api in ("card", "payout"):
                tell_again(sandbox, story, api, getattr(addresses, api))
            sandbox.plant_webhook_faults(**values.write(on_the_way))
            for fault in faults:
                sandbox.plant_fault(**values.write(fault))
            story.tell("the clock", ahead_of_time(sandbox))


@contextmanager
def unasked(sandbox_file: Path, password: str) -> Iterator[None]:
    """The verification password is not asked for while the days are lived through; nothing is done where it is not."""
    with BursarCard.from_sandbox(sandbox_file) as bursar:
        is_asked = bursar.merchant.get().verify_password_enabled
        if is_asked:
            bursar.verify_password.set_enabled(enabled=False, password=password)
        try:
            yield
        finally:
            if is_asked:
                bursar.verify_password.set_enabled(enabled=True, password=password)


def is_locked(sandbox_file: Path, password: str) -> bool:
    """True if the merchant asks for a verification password, and nobody has said it."""
    with BursarCard.from_sandbox(sandbox_file) as bursar:
        return not password and bursar.merchant.get().verify_password_enabled


def tell_again(sandbox: Sandbox, story: Story, api: str, url: str | None) -> None:
    """Webhooks go where they went before; to nobody if an address there does not answer its challenge any more."""
    try:
        sandbox.set_webhook_urls(**{api: url})
        story.tell(f"webhooks of the {api} API", f"to {url}" if url else "to nobody")
    except SandboxRefused:
        sandbox.set_webhook_urls(**{api: None})
        story.tell(f"webhooks of the {api} API", f"to nobody: {url} did not answer the challenge")


def ahead_of_time(sandbox: Sandbox) -> str:
    """How far the sandbox's clock is from real time, in words."""
    shown = datetime.fromisoformat(sandbox.read_clock().now)
    days, rest = divmod((shown - datetime.now(UTC)).total_seconds(), 86_400)
    return f"shows {shown:%Y-%m-%d %H:%M} UTC, {days:.0f} days and {rest / 3_600:.0f} hours ahead of real time"


def main() -> int:
    """Run the days; the exit code."""
    story = Story()
    sandbox_file = Path(os.environ.get("BURSAR_HOME", "var"), "sandbox.json")
    if not sandbox_file.is_file():
        story.console.print(f"There is no {sandbox_file}: start the server with `make up` first.", style="red")
        return 2
    password = os.environ.get("BURSAR_VERIFY_PASSWORD", "")
    started = time.monotonic()
    try:
        if is_locked(sandbox_file, password):
            story.console.print(
                "The merchant asks for its verification password: set BURSAR_VERIFY_PASSWORD to it.", style="red"
            )
            return 2
        with put_back(sandbox_file, story), unasked(sandbox_file, password):
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
