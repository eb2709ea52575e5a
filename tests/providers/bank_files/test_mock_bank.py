"""Another implementation of the bank's side, mock-bank, which is fed through folders and answers through them."""

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from mockbank.server import Config, make_server
from schwifty import IBAN

from bursar.payouts.payees.model import Payee
from tests.payees.treasury import GOOD_IBAN
from tests.providers.bank_files import schemas
from tests.providers.bank_files.rail import RailTreasury

CLOSED = str(IBAN.generate("SA", bank_code="80", account_code="608010167520"))
OURS = {"name": "Bursar Trading Co.", "iban": "SA4420000001234567891234", "currency": "SAR", "balance": 1_000_000}
PAYEES = {"name": "Huda Alharbi", "currency": "SAR"}


@dataclass(frozen=True)
class MockBank:
    """A running one."""

    port: int

    async def tell(self, path: str, said: object = None) -> Any:
        """A call of its control API."""
        content = json.dumps(said).encode() if said is not None else b""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", content, method="POST")
        request.add_header("Content-Type", "application/json")

        def call() -> Any:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)

        return await asyncio.to_thread(call)


@pytest.fixture
def bank(rail: RailTreasury) -> Iterator[MockBank]:
    """It is Sunday, half past twelve in UTC, and the bank reads what we deliver."""
    for folder in ("out", "in"):
        (rail.at_bank / folder).mkdir(parents=True)
    server = make_server(
        Config(
            port=0,
            quiet=True,
            clock="2026-03-01T12:31",
            drop_dir=str(rail.at_bank / "out"),
            pickup_dir=str(rail.at_bank / "in"),
            drop_settle_ms=0,
            drop_interval_ms=3_600_000,
        )
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield MockBank(server.server_address[1])
    server.shutdown()
    thread.join(30)
    server.server_close()


async def test_a_bank_of_somebody_elses_pays_refuses_and_knows_a_repeat(
    rail: RailTreasury, payee: Payee, bank: MockBank, to_cut_off: Callable[[], None]
) -> None:
    await bank.tell("/_mock/accounts", {"id": "BURSAR", **OURS})
    await bank.tell("/_mock/accounts", {"id": "HUDA", "iban": GOOD_IBAN, **PAYEES})
    await bank.tell("/_mock/accounts", {"id": "GONE", "iban": CLOSED, "closed": True, **PAYEES})
    other = await rail.normal("m-2", iban=CLOSED, swift_code="RIBLSARI")
    paid, refused = await rail.sent(payee, "u-1"), await rail.sent(other, "u-2", "50")
    to_cut_off()
    [file] = [path for path in await rail.cut_off() if path.is_file()]
    content = file.read_bytes()

    await bank.tell("/_mock/drop/scan")
    for answer in rail.files_in("in"):
        if b"pain.002.001.12" in answer.read_bytes():
            schemas.check(answer.read_bytes())
    await rail.collect()
    assert [await rail.status(order) for order in (paid, refused)] == ["processing", "failed"]

    (rail.at_bank / "out" / "again.xml").write_bytes(content)
    await bank.tell("/_mock/drop/scan")
    await rail.collect()
    assert await rail.status(paid) == "processing"

    await bank.tell("/_mock/advance?days=2")
    await rail.collect()
    assert [await rail.status(order) for order in (paid, refused)] == ["transferred", "failed"]
    assert await rail.balances(asset="SAR") == {"payout:available SAR": "900.00", "clearing:bank SAR": "100.00"}
    assert await rail.contradictions() == []
    assert {problem[:24] for _, problem in await rail.unmatched()} <= {"refused as a duplicate: "}
    await rail.check_books()
