"""`bursar money`: a merchant is funded by two people, and the trial balance says so."""

import json

from .install import Install
from .test_staff_commands import as_json, bursar, token_of

WHY = ("--reason", "credit of today", "--document", "camt.053 7")


def test_a_merchant_is_funded_by_two_people_and_the_trial_balance_explains_it(stopped: Install) -> None:
    merchant = str(stopped.rows("SELECT merchant_id FROM merchant")[0][0])
    before = as_json(stopped, "money", "balance")
    for name in ("fay", "fred"):
        bursar(stopped, "staff", "add", f"{name}@example.com", "--name", name, "--role", "finance")
    fay, fred = (token_of(stopped, f"{name}@example.com", "finance") for name in ("fay", "fred"))
    [waits] = as_json(stopped, "money", "fund", merchant, "250.50", "USDT", "--source", "bank", *WHY, BURSAR_TOKEN=fay)
    number = str(waits["asked"]["id"])
    assert json.loads(waits["asked"]["arguments"])["amount"] == "250.50"
    assert as_json(stopped, "money", "balance") == before
    assert "Nobody approves" in bursar(stopped, "approval", "approve", number, BURSAR_TOKEN=fay)
    assert as_json(stopped, "money", "balance") == before
    bursar(stopped, "approval", "approve", number, BURSAR_TOKEN=fred)
    [booking] = as_json(stopped, "money", "journal", merchant, BURSAR_TOKEN=fred)
    assert (booking["kind"], booking["amount"], booking["document"]) == ("bank_funding", "250.500000", "camt.053 7")
    assert booking["by"].startswith("token:")
    after = as_json(stopped, "money", "balance")
    assert [total["difference"].strip("0.") for total in after["totals"]] == [""] * len(after["totals"])
    assert "1000250.500000 USDT" in bursar(stopped, "money", "balance", "--merchant", merchant)
    assert "balanced" in bursar(stopped, "ledger", "check")


def test_suspense_is_booked_by_one_and_refused_to_whoever_may_not(stopped: Install) -> None:
    bursar(stopped, "staff", "add", "sam@example.com", "--name", "sam", "--role", "support")
    sam = token_of(stopped, "sam@example.com", "support")
    assert "done: " in bursar(stopped, "money", "suspend", "7", "SAR", *WHY)
    assert "suspend" not in bursar(stopped, "money", "suspend", "7", "SAR", *WHY, BURSAR_TOKEN=sam)
    lines = as_json(stopped, "money", "balance", "--merchant", "0")["lines"]
    assert {line["account"]: line["balance"] for line in lines if line["asset"] == "SAR"} == {
        "suspense": "7.00",
        "clearing:bank": "-7.00",
    }
