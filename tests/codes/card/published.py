"""The published list of codes, read from the list itself."""

import csv
from pathlib import Path

LIST = Path(__file__).parents[2] / "contract" / "card-api-codes.csv"


def texts() -> dict[int, str]:
    """The text of each code, with {0} and {1} where something is filled in."""
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = {int(row["code"]): row["description"] for row in csv.DictReader(file) if row["table"] == "biz"}
    rows[10021] = rows[10021].replace(" 0", " {0}")  # the list's only text whose braces are lost
    return rows


def text(code: int, *fill: str) -> str:
    """The text as it is answered."""
    told = texts()[code].replace("''", "'")  # the list doubles them, as message formats do
    for position, value in enumerate(fill):
        told = told.replace(f"{{{position}}}", value)
    return told
