"""`bursar request` on a live install: a merchant is recorded, its engineer makes mistakes, and the staff reads why."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.payout import PayoutClient, PayoutKeys

from .install import Install, until
from .test_first_start import live_install, new_install
from .test_merchant_commands import WHY, own_key, public
from .test_staff_commands import bursar

__all__ = ["live_install", "new_install"]

IDENTITY = "1098765432"
SECRET = "hunter2"


def said(install: Install, *words: str) -> str:
    return bursar(install, *words, **install.env)


def document(install: Install, *words: str) -> Any:
    """What a command shows; lines of the log, which processes write into the same file meanwhile, are left out."""
    lines = [line for line in said(install, *words).splitlines() if '"process":' not in line]
    shown, _ = json.JSONDecoder().raw_decode("\n".join(lines))
    return shown


@pytest.fixture
def client(live_install: Install, tmp_path: Path) -> PayoutClient:
    """A merchant's of a live install, made by commands; its processes run."""
    said(live_install, "init", "--owner", "owner@example.com")
    own, file = own_key(tmp_path, "payout")
    may = ("--permission", "payout", "--currency", "SAR", "--product-name", "Bazaar")
    made = document(live_install, "merchant", "add", "Bazaar", *may, "--payout-public-key", file, *WHY, "--json")
    [key] = document(live_install, "merchant", "key", "list", "Bazaar", "--json")
    pairs = document(live_install, "key", "list", "--merchant", str(made["done"]), "--json")
    [pair] = [each for each in pairs if each["kind"] == "payout system"]
    return PayoutClient(PayoutKeys(live_install.base_url, key["key"], public(pair["public"]), own))


def test_the_staff_of_a_live_install_reads_why_requests_were_refused(
    live_install: Install, client: PayoutClient
) -> None:
    live_install.start()
    try:
        assert client.get("merchant/balance").code == 200
        assert document(live_install, "request", "list", "--json") == []
        said(live_install, "merchant", "record", "Bazaar", "--hours", "1", "--reason", "Ticket 4711")
        payee = {"mercustomid": "e-1", "identity": IDENTITY, "name_e": SECRET, "nationality": "SAU"}
        made = client.prepare("POST", "payee/custom/create", payee)
        forged = client.prepare("GET", "merchant/balance")
        forged.headers["V-Signature"] = "AAAA"
        until(lambda: _is_recorded(client, live_install), "the switch to be seen by the API")
        refused, forged_code = client.send(made).code, client.send(forged).code
        listed = document(live_install, "request", "list", "--json")
        assert [(row["code"], row["proved"]) for row in listed[:2]] == [(forged_code, False), (refused, True)]
        why = document(live_install, "request", "show", str(listed[0]["id"]))
        assert (why["check"], why["operations"], why["pushes"]) == ("signature", [], [])
        shown = document(live_install, "request", "show", str(listed[1]["id"]), "--content")
        assert shown["parameters"]["mercustomid"] == "e-1"
        assert shown["parameters"]["name_e"] == shown["parameters"]["identity"] == "***"
        assert SECRET not in json.dumps(shown)
        assert IDENTITY not in json.dumps(shown)
        narrowed = ("--merchant", str(listed[1]["key_of"]), "--path", "/openApi/v1/payee", "--code", str(refused))
        assert document(live_install, "request", "list", *narrowed, "--json") == listed[1:2]
        said(live_install, "merchant", "record", "Bazaar", "--off", "--reason", "Ticket 4711")
    finally:
        live_install.stop()


def _is_recorded(client: PayoutClient, install: Install) -> bool:
    """True once a request is in the log: processes see the switch within a second."""
    client.get("merchant/balance")
    return bool(install.rows("SELECT 1 FROM request_record LIMIT 1"))
