"""How far a matrix of tests goes: in the suite a short form, and all of it by `make test-long`."""

import os
from typing import Final

LONG: Final = os.environ.get("BURSAR_TEST_LONG") == "1"


def rounds(short: int, long: int) -> int:
    """`long` in a long run, otherwise `short`."""
    return long if LONG else short
