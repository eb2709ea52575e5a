"""The banks that payees may have accounts with, as published."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

COUNTRIES: Final = ("SAU", "KWT", "ARE")
IBAN_COUNTRY: Final = {"SAU": "SA", "KWT": "KW", "ARE": "AE"}
"""The first letters of an IBAN, by the country of its bank."""


@dataclass(frozen=True, slots=True)
class Bank:
    """One bank; `country` in ISO 3166 alpha-3."""

    country: str
    code: str
    name: str


@cache
def _banks() -> dict[str, Bank]:
    with resources.files(__package__).joinpath("banks.csv").open(encoding="utf-8") as file:
        return {row["bankcode"]: Bank(row["country"], row["bankcode"], row["bankname"]) for row in csv.DictReader(file)}


def find_bank(code: str | None) -> Bank | None:
    """A bank by its code."""
    return None if code is None else _banks().get(code)


def list_banks(country: str | None = None) -> list[Bank]:
    """The banks of a country, or all, in published order."""
    return [bank for bank in _banks().values() if country is None or bank.country == country]
