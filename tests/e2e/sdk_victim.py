"""Makes one call of the Python SDK in a process of its own and kills that process at a chosen step.

Reads one JSON object a line, forks, and answers with the child's exit status once it has gone: 0 for a call that came
to its end, -9 for one that was killed. It imports nothing of the service.

Points of a call: `N` kills before the driver's Nth step and `-N` after it (steps are what touches the journal or the
network, from 1); `torn` writes half of the journal's first line; `0` lets the call be; a number of milliseconds with
`ms` kills at that time, wherever the call is.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import threading
import traceback
from functools import cache
from typing import Any

import httpx2

from bursar_sdk import (
    BursarCard,
    BursarError,
    BursarPayout,
    CardConfig,
    FileJournal,
    Options,
    PayoutConfig,
    SqliteJournal,
)
from bursar_sdk.calls import Steps

CONTEXT = ssl.create_default_context()


@cache
def card_config(home: str, base_url: str) -> CardConfig:
    """Read before the first fork that needs it."""
    return CardConfig.from_sandbox(home, base_url=base_url)


@cache
def payout_config(home: str, base_url: str) -> PayoutConfig:
    """Read before the first fork that needs it."""
    return PayoutConfig.from_sandbox(home, base_url=base_url)


def die() -> None:
    """As a machine does that loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def dying_at(steps: Steps, point: int) -> Steps:
    """The same steps; the process dies before (or, of a negative number, after) one of them."""
    outcome: Any = None
    number = 0
    while True:
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            return end.value
        number += 1
        if number == point:
            die()
        outcome = yield step
        if number == -point:
            die()


class TornJournal(FileJournal):
    """Dies in the middle of writing a line."""

    def _write(self, file: Any, text: str) -> None:
        if "begin" not in text:
            return super()._write(file, text)
        super()._write(file, text[: len(text) // 2])
        return die()


def journal_of(order: dict[str, Any]) -> FileJournal | SqliteJournal:
    """Of the kind that the order says."""
    if order["point"] == "torn":
        return TornJournal(order["journal"])
    return SqliteJournal(order["journal"]) if order["journal"].endswith(".sqlite") else FileJournal(order["journal"])


def carry_out(order: dict[str, Any]) -> None:
    """The call, with the journal in place."""
    point = str(order["point"])
    options = Options(**order["options"])
    http = httpx2.Client(verify=CONTEXT, timeout=options.timeout_s)
    client: BursarCard | BursarPayout
    if order["api"] == "card":
        card = card_config(order["sandbox"], order["base_url"])
        client = BursarCard(card, journal=journal_of(order), options=options, http=http)
    else:
        payout = payout_config(order["sandbox"], order["base_url"])
        client = BursarPayout(payout, journal=journal_of(order), options=options, http=http)
    if point.lstrip("-").isdigit() and point != "0":
        drive = client._drive
        client._drive = lambda steps: drive(dying_at(steps, int(point)))  # type: ignore[method-assign,union-attr]
    resource, _, method = order["method"].partition(".")
    if point.endswith("ms"):
        threading.Timer(float(point[:-2]) / 1000, die).start()
    try:
        getattr(getattr(client, resource), method)(**order["params"])
    except BursarError as fault:
        print(f"{order['method']}: {fault!r}", file=sys.stderr)


def serve() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        (card_config if order["api"] == "card" else payout_config)(order["sandbox"], order["base_url"])
        child = os.fork()
        if child == 0:
            try:
                carry_out(order)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
