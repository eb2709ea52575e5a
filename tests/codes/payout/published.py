"""The published list of codes, read from the list itself, with the two that later editions add."""

import csv
from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).parents[2] / "contract" / "payout-api-codes.csv"
SUCCESS: Final = 200
SUCCEEDED: Final = "Request succeeded."
ADDED_LATER: Final = {
    1312: "Please fill in the customer address information or swift code",
    1313: "Customer mobile number error",
}


def texts() -> dict[int, str]:
    """The text of each code."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return {int(row["code"]): row["description"] for row in csv.DictReader(file)} | ADDED_LATER


def text(code: int) -> str:
    """The text as it is answered; a success has a sentence of its own."""
    return SUCCEEDED if code == SUCCESS else texts()[code]
