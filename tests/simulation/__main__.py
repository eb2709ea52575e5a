"""Lives of two merchants, as many and as long as asked for, until one shows a fault: `python -m tests.simulation`.

With an exit status of 1, the shortest life that shows it is printed as a program. Each run lives other lives.
"""

import argparse
import tempfile
from pathlib import Path

from tests.conftest import started

from .machine import live


def main() -> None:
    """Live them on a server of their own, which is gone afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--lives", type=int, default=200, help="how many (200: some minutes)")
    parser.add_argument("--steps", type=int, default=60, help="the most steps of each")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as server:
        live(server, lives=asked.lives, steps=asked.steps, repeatable=False)
    print(f"{asked.lives} lives, and nothing was found wrong")


if __name__ == "__main__":
    main()
