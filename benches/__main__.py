"""Runs the benches: `python -m benches [name ...] [--rounds 5] [--seconds 4]`; long ones if named."""

import argparse
from collections.abc import Callable
from typing import Final

from benches import (
    console,
    endings,
    floods,
    growth,
    idle,
    ledger_commit,
    memory,
    payout_http,
    recharge_http,
    request_log,
    screening,
)

BENCHES: Final[dict[str, Callable[[int, float], None]]] = {
    "ledger-commit": ledger_commit.run,
    "recharge-http": recharge_http.run,
    "request-log": request_log.run,
    "endings": endings.run,
    "payout-http": payout_http.run,
    "memory": memory.run,
    "growth": growth.run,
    "floods": floods.run,
    "idle": idle.run,
    "screening": screening.run,
    "console": console.run,
}

LONG: Final = frozenset({"growth", "screening", "console"})
"""They take minutes, up to a quarter of an hour and more."""


def main() -> None:
    """Runs those that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured in turn")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long one measurement takes")
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench named {', '.join(unknown)}")
    for name in asked.names or [name for name in BENCHES if name not in LONG]:
        BENCHES[name](asked.rounds, asked.seconds)


if __name__ == "__main__":
    main()
