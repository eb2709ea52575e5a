"""A drill with a bank and a real chain: all that was lost is found, and worked off until it adds up."""

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.clients.payout import PayoutClient, PayoutKeys
from tests.codes.payout.scene import APPROVED, REAL_BANK, SENT, PayoutScene

from .install import ROOT, Install, Launcher, until
from .real import COIN, CONFIRMING, STRANGER, SUCCESS, Network, Outside, Real, network, real_install
from .test_restoring import command, dump, restore
from .test_staff_commands import as_json, bursar, token_of

pytestmark = pytest.mark.slow

ONE = "one"
SCALES = {"USDT": 6, "ETH": 18}
SALARY = Decimal("12.50")
SIX_HOURS = 6 * 3_600
CAMT_054 = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
WHY = "compared with the outside"


@pytest.fixture
def real(server: Any, launcher: Launcher, tmp_path: Path) -> Iterator[Real]:
    """An install with a chain that is a real node, and a bank that is a folder; its processes run."""
    database, outside = f"bursar_e2e_{secrets.token_hex(6)}", Outside()
    server.copy(database)
    try:
        chain = network(outside, ONE, 31_337, {"USDT": "SilentToken"})
        made = real_install(launcher, server.dsn_of(database), tmp_path, outside, [chain], SCALES)
        text = (ROOT / "examples" / "bank.toml").read_text("utf-8").replace("poll_s = 60", "poll_s = 1")
        bank = tmp_path / "bank.toml"
        bank.write_text(text.replace('["11:00", "15:30"]', '["00:00", "06:00", "12:00", "18:00"]'), "utf-8")
        made.install.env["BURSAR_BANK"] = str(bank)
        with made.running():
            yield made
    finally:
        outside.close()
        server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)


@dataclass
class Drill:
    """The install, its payout merchant, and two people who may book."""

    real: Real
    payouts: PayoutScene
    customer: str
    people: dict[str, str]

    @property
    def install(self) -> Install:
        return self.real.install

    @property
    def chain(self) -> Network:
        return self.real.chains[ONE]

    # ── traffic ──────────────────────────────────────────────────────────────────────────────────────────────────

    def order(self) -> str:
        """A payout that was approved and is handed to the rail; its number."""
        ticket = self.payouts.ticket(self.customer, amount=str(SALARY))
        order = str(self.payouts.done("payee/payCustomTicket/create", ticket)["ticketid"])
        self.payouts.sandbox.request("POST", f"payouts/{order}/decide", {"status": APPROVED})
        return order

    def send(self, order: str) -> None:
        self.payouts.sandbox.request("POST", f"payouts/{order}/decide", {"status": SENT})

    def arrive(self, address: str, coins: int) -> None:
        """A deposit, credited and brought home."""
        tx_hash = self.chain.send("USDT", address, coins * COIN)
        self.real.deposit(tx_hash, CONFIRMING)
        self.real.mined_until(lambda: self.chain.balance("USDT", address) == 0, ONE)
        self.real.settled(ONE)
        self.real.deposit(tx_hash, SUCCESS)

    def cut_off(self, files: int) -> None:
        """The bank has so many files."""
        self.payouts.sandbox.advance_clock(SIX_HOURS)
        until(lambda: len(self.in_folder("out")) == files, f"{files} files at the bank")

    def book_at_bank(self, *orders: str) -> None:
        """The bank has paid them, says so, and is understood."""
        before = len(self.in_folder("done"))
        (self.install.home / "bank" / "in" / f"camt-{before}.xml").write_text(notification(*orders), "utf-8")
        until(lambda: len(self.in_folder("done")) > before, "the bank's file to be read")
        self.install.settled()

    def in_folder(self, name: str) -> list[Path]:
        folder = self.install.home / "bank" / name
        return sorted(folder.iterdir()) if folder.is_dir() else []

    # ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, method: str, path: str, who: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.people[who]}", "Idempotency-Key": secrets.token_hex(8)}
        url = f"{self.install.base_url}/operator/v1/{path}"
        answer = httpx2.request(method, url, json=body, headers=headers, timeout=30.0)
        return answer.json()

    def differences(self) -> list[Any]:
        return list(self.call("GET", "differences?limit=100", "fay")["items"])

    def book(self, difference: Any, **more: Any) -> None:
        """Asked for by one person and approved by the other."""
        body = {"result": "book", "reason": WHY, **more}
        waits = self.call("POST", f"differences/{difference['id']}/settle", "fay", body)["waits_for"]
        done = self.call("POST", f"approvals/{waits['id']}/approve", "fred", {"reason": WHY})
        assert done["status"] == "approved", done

    def release(self, kind: str) -> str:
        return bursar(self.install, "job", "release", kind, "--reason", WHY)


@pytest.fixture
def drill(real: Real) -> Iterator[Drill]:
    install = real.install
    with install.sandbox() as sandbox, PayoutClient(PayoutKeys.from_sandbox(install.described)) as client:
        payouts = PayoutScene(install, client, sandbox)
        people = {}
        for name in ("fay", "fred"):
            bursar(install, "staff", "add", f"{name}@example.com", "--name", name, "--role", "finance")
            people[name] = token_of(install, f"{name}@example.com", "finance")
        yield Drill(real, payouts, payouts.payable(**REAL_BANK), people)


def notification(*orders: str) -> str:
    """A camt.054 of payments that were booked."""
    entries = "".join(
        f'<Ntry><Amt Ccy="SAR">{SALARY}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>P{order}</EndToEndId></Refs>"
        f'<Amt Ccy="SAR">{SALARY}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls></Ntry>'
        for order in orders
    )
    return (
        f'<Document xmlns="{CAMT_054}"><BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{orders[0]}</MsgId>'
        "<CreDtTm>2026-03-01T10:00:00+03:00</CreDtTm></GrpHdr><Ntfctn><Id>1</Id>"
        "<CreDtTm>2026-03-01T10:00:00+03:00</CreDtTm><Acct><Id><IBAN>SA4420000001234567891234</IBAN></Id></Acct>"
        f"{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"
    )


def test_all_that_was_lost_is_found_and_adds_up_when_it_is_worked_off(drill: Drill, tmp_path: Path):
    real, install, chain = drill.real, drill.install, drill.chain
    [known] = real.addresses(ONE)
    drill.arrive(known, 100)

    # Two payments are ordered and not made when the backup is taken.
    install.kill("worker")
    waiting, kept = real.withdraw(ONE, "25"), drill.order()
    drill.send(kept)
    dump(install, tmp_path / "backup")
    sent_before = sent(install)

    # They are made, and others are ordered and made, which the backup knows nothing of.
    install.start("worker")
    real.paid(ONE, waiting)
    lost_withdrawal = real.paid(ONE, real.withdraw(ONE, "15"))
    lost = drill.order()
    drill.send(lost)
    install.settled()
    drill.cut_off(1)
    drill.book_at_bank(kept, lost)
    [new] = real.addresses(ONE)
    drill.arrive(new, 60)
    drill.arrive(known, 30)
    sent_since = {tx_hash: purpose for tx_hash, purpose in sent(install).items() if tx_hash not in sent_before}
    assert Counter(sent_since.values()) == {"withdrawal": 2, "top_up": 1, "sweep": 2}
    coins, riyals = real.available(), available(drill, "SAR")
    received = chain.balance("USDT", STRANGER)

    install.stop()
    restore(install, tmp_path / "backup", afresh=True)
    assert "epoch" in command(install, "restored")
    install.start()
    assert "Differences after the restore" in drill.release("wallet.payments.advance")
    compared = "SELECT count(*) FROM job WHERE kind = 'differences.compare'"
    real.mined_until(lambda: install.value(compared) == 0, ONE)

    # Exactly what was lost: two transactions to somebody else, three within the house, a deposit at an address that was
    # given out since, a file, the payment in it whose order is gone, and the bank's answer to it.
    found = drill.differences()
    assert Counter((each["kind"], each["state"]) for each in found) == {
        ("sent_file", "adopted"): 1,
        ("sent_payment", "open"): 1,
        ("answer", "adopted"): 1,
        ("chain_payment", "open"): 2,
        ("chain_move", "open"): 3,
        ("chain_deposit", "open"): 1,
    }
    by_name = {each["name"]: each for each in found}
    left = [each for each in found if each["kind"] in ("chain_payment", "chain_move")]
    assert {each["about"]["transaction"] for each in left} == set(sent_since)
    payment = by_name[f"P{lost}"]
    assert payment["amount"] == {"amount": "12.50", "asset": "SAR"}
    in_queue = drill.call("GET", "decisions?kind=difference", "fay")["items"]
    assert len(in_queue) == 7

    # Nothing is sent while they are open; an alarm tells of top-ups that nobody ordered, and nobody was credited.
    for kind in ("payouts.send", "wallet.payments.advance"):
        assert "Differences after the restore" in drill.release(kind)
    assert len(parked(install)) == 6

    # The bank's file is read again: the payment that is known has ended, and the lost one shows the bank's word.
    until(lambda: bank_says(drill, payment) == "paid", "the bank's word")
    merchant = install.value("SELECT merchant_id FROM merchant")
    drill.book(payment, merchant_id=merchant)
    for each in found:
        if each["kind"] == "chain_move":
            drill.book(each)
        elif each["kind"] == "chain_deposit":
            assert each["about"]["recipient"] == new
            drill.book(each, merchant_id=merchant)
        elif each["kind"] == "chain_payment" and each["about"]["transaction"] == lost_withdrawal["txHash"]:
            drill.book(each, merchant_id=merchant)
        elif each["kind"] == "chain_payment":
            shown = drill.call("GET", f"differences/{each['id']}", "fay")
            number = shown["about"]["payment_1"].partition(" ")[0]
            assert "payment_2" not in shown["about"]
            words = ("difference", "pay", str(each["id"]), "--payment", number, "--reason", WHY)
            said = bursar(install, *words, **install.env)
            assert "done" in said, said
    assert [each["id"] for each in drill.differences() if each["state"] == "open"] == []

    # What was ordered goes on without being made again.
    for kind in parked(install):
        assert "done:" in drill.release(kind)
    real.withdrawal(waiting, SUCCESS)
    real.settled(ONE)
    drill.payouts.sandbox.advance_clock(SIX_HOURS)
    install.settled()
    assert len(drill.in_folder("out")) == 1
    assert install.rows("SELECT status FROM payout") == [("transferred",)]
    assert chain.balance("USDT", STRANGER) == received
    assert real.available() == coins + 1, "but for the fee of the withdrawal that was lost"
    assert available(drill, "SAR") >= riyals
    real.adds_up()
    install.stop()
    assert "balanced" in bursar(install, "ledger", "check")
    assert as_json(install, "audit", "verify")["holds"] is True


def sent(install: Install) -> dict[str, str]:
    """The purposes of all transactions that were signed, by hash."""
    signed = (
        "SELECT attempt.tx_hash, purpose FROM wallet_payment_attempt AS attempt JOIN wallet_payment ON id = payment_id"
    )
    return dict(install.rows(signed))


def parked(install: Install) -> list[str]:
    return [kind for (kind,) in install.rows("SELECT kind FROM job_parked ORDER BY kind")]


def bank_says(drill: Drill, difference: Any) -> str:
    return str(drill.call("GET", f"differences/{difference['id']}", "fay")["about"]["bank_says"])


def available(drill: Drill, currency: str) -> Decimal:
    rows = drill.payouts.found("merchant/balance")
    return next(Decimal(row["balance"]) for row in rows if row["currency"] == currency)
