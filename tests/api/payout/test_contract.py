"""The payout API against its published contract: its codes, its paths, and that no fact it can meet lacks an answer."""

import csv
from pathlib import Path

import pytest

from bursar.api.payout.app import ENDPOINTS
from bursar.api.payout.codes import Code
from bursar.api.payout.endpoint import Endpoint
from bursar.payees.banks import list_banks

PUBLISHED = Path(__file__).parents[2] / "contract" / "payout-api-codes.csv"
LATER_EDITIONS = {
    1312: "Please fill in the customer address information or swift code",
    1313: "Customer mobile number error",
}


def test_the_codes_are_the_published_ones() -> None:
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        published = {int(row["code"]): row["description"] for row in csv.DictReader(file)}
    assert {code.number: code.value[1] for code in Code} == published | LATER_EDITIONS


def test_no_path_is_declared_twice() -> None:
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_an_endpoints_own_readings_stand_among_its_codes(endpoint: Endpoint) -> None:
    readings = {*endpoint.when.values(), *endpoint.missing.values(), *endpoint.invalid.values()}
    assert readings <= set(endpoint.codes)


def test_there_are_banks_in_three_countries() -> None:
    counts = {country: len(list_banks(country)) for country in ("SAU", "KWT", "ARE")}
    assert counts == {"SAU": 12, "KWT": 26, "ARE": 130}
    assert len(list_banks()) == 168
