"""The first day of a live install: from an empty database to money that has left, a code sent, and a signed close.

Nothing here is a sandbox: people sign in with passwords and authenticators, what one of them asks for another approves,
and the bank is a folder of ISO 20022 files. It imports nothing of the service. Settings are those of the install
(`BURSAR_MODE=live`, adapters and secrets) in the environment; `WORLD` says what answers for the outside.

    python -m examples.live_day
"""

import csv
import io
import json
import re
import secrets
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar_sdk import ApiError, BursarCard, BursarPayout, CardConfig, File, PayoutConfig
from bursar_sdk.card_types import Deposit, Withdrawal
from examples.operator_client import Person, Refusal
from examples.payout_day import huda, id_photo
from examples.story import Differs, Story, settled

COMMAND: Final = (sys.executable, "-m", "bursar")
READY_S: Final = 90.0
BANK_S: Final = 240.0
"""The longest wait for the bank: a cut-off is at the beginning of a minute."""
CAMT_054: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"
TRANSFERRED: Final = 1
SUCCESS: Final = 1
CHAIN_S: Final = 120.0
BLOCK_S: Final = 0.4
"""Seconds between two blocks: slowly enough for a worker to follow."""
STRANGER: Final = "0x52908400098527886E0F7030069857D2E4169EE7"
NORMAL: Final = 1
MOBILE: Final = "+966512345671"
HELD: Final = {"merchant:available USDT": "59.000000", "payout:available SAR": "12500.00"}
"""The merchant's accounts at the end, as far as anything is on them."""
MOVED: Final = {
    ("bank_funding", "SAR"): "20000.00",
    ("payout", "SAR"): "7500.00",
    ("payout_paid", "SAR"): "7500.00",
    ("deposit", "USDT"): "100.000000",
    ("withdrawal", "USDT"): "40.000000",
    ("withdrawal_fee_held", "USDT"): "1.000000",
    ("withdrawal_paid", "USDT"): "40.000000",
    ("withdrawal_fee", "USDT"): "1.000000",
}
"""Each kind of movement in the merchant's book and its sum: orders are set aside, and booked when they are paid."""
EARNED: Final = {"platform:fees USDT": "1.000000"}


@dataclass
class World:
    """The outside of the install, as far as it can be looked at."""

    mails: Callable[[str], str]
    """The newest mail to an address; waits for it."""
    texts: Callable[[], str]
    """The next text message; waits for it."""
    bank: Path
    """The folder at which the bank reads `out` and writes `in`."""
    coins: "Coins"


@dataclass
class Coins:
    """The chain that the wallet is on; amounts in whole USDT."""

    chain: str
    """Its id in the install's file of chains."""
    pay: Callable[[str, Decimal], None]
    """Somebody pays to an address."""
    mine: Callable[[], None]
    """One block more."""
    received: Callable[[str], Decimal]
    """The balance of an address."""


@dataclass
class Install:
    """The install: its commands, and its processes while they run."""

    environment: Mapping[str, str]
    url: str
    running: subprocess.Popen[bytes] | None = None

    def command(self, *words: str, token: str = "") -> str:
        """`bursar` with some words, as the person of a token or at the console; what it prints. It must succeed."""
        environment = {**self.environment, **({"BURSAR_TOKEN": token} if token else {})}
        done = subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Differs(f"bursar {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def examined(self) -> Any:
        """`bursar doctor --json`, whose exit code says whether anything is wrong."""
        words = [*COMMAND, "doctor", "--json"]
        return json.loads(subprocess.run(words, env=self.environment, capture_output=True, check=False).stdout)

    def asked(self, *words: str, token: str = "") -> Any:
        """The same with `--json`."""
        return json.loads(self.command(*words, "--json", token=token))

    def start(self) -> None:
        """`bursar up`, until it is ready."""
        self.running = subprocess.Popen([*COMMAND, "up"], env=self.environment, stdout=subprocess.DEVNULL)
        settled(self._is_ready, bool, timeout_s=READY_S)

    def stop(self) -> None:
        """End it in good order."""
        if self.running is not None:
            self.running.terminate()
            self.running.wait(60)
            self.running = None

    def _is_ready(self) -> bool:
        if self.running is None or self.running.poll() is not None:
            raise Differs("bursar up has ended")
        try:
            return httpx2.get(f"{self.url}/health/ready", timeout=5.0).status_code == 200
        except httpx2.TransportError:
            return False


@dataclass
class LiveDay:
    """The people, the merchant and the orders of the story."""

    install: Install
    world: World
    story: Story
    owner: Person = field(init=False)
    finance: Person = field(init=False)
    merchant: str = ""
    bursar: BursarPayout = field(init=False)
    wallet: BursarCard = field(init=False)
    payee: str = ""
    began_on: date = field(default_factory=lambda: datetime.now(UTC).date())

    def queue(self, kind: str) -> dict[str, Any]:
        """The decision of this kind that waits for a person; waits for it."""
        found = settled(lambda: self.finance.get("decisions", kind=kind)["items"], bool)
        self.story.expect(f"{kind}: decisions that wait", len(found), 1)
        return dict(found[0])

    def decided(self, decision: Mapping[str, Any], result: str, reason: str) -> None:
        """One decides; where a policy wants a second person, the owner approves."""
        answer = self.finance.post(f"decisions/{decision['id']}/decide", result=result, reason=reason)
        if "waits_for" in answer:
            self.owner.approve(answer)

    def riyals(self) -> Decimal:
        """The merchant's riyals that it can pay out."""
        return next(row.balance for row in self.bursar.balances.list() if row.currency == "SAR")


def found(day: LiveDay) -> None:
    """The install, its first owner, and everything that answers it."""
    story, install = day.story, day.install
    story.chapter("An install from an empty database")
    said = install.command("init", "--owner", "olga@example.com", "--name", "Olga")
    link = next(line for line in said.splitlines() if "#" in line)
    again = install.command("init", "--owner", "olga@example.com", "--name", "Olga")
    story.expect("init again makes another link", link not in again and "#" in again, True)
    install.start()
    ports = install.examined()["ports"]
    story.expect("ports that need somebody", [port["port"] for port in ports if port["fault"]], ["screening"])
    day.owner = Person(install.url, "olga@example.com")
    day.owner.set_up(next(line for line in again.splitlines() if "#" in line))
    story.expect("the owner may", day.owner.get("me")["roles"], ["owner"])


def appoint(day: LiveDay) -> None:
    """A second person, who sets up a way to sign in by a mailed link."""
    story, owner = day.story, day.owner
    story.chapter("A second person")
    email = "fay@example.com"
    fay = owner.post("staff", email=email, name="Fay", roles=["finance", "operations"], reason="first day")
    owner.post(f"staff/{fay['id']}/links")
    day.finance = Person(day.install.url, email)
    day.finance.set_up(next(line for line in day.world.mails(email).splitlines() if "#" in line))
    story.expect("she may", sorted(day.finance.get("me")["roles"]), ["finance", "operations"])


def take_on(day: LiveDay) -> None:
    """A merchant with a key of its own; its private key never leaves it."""
    story, install = day.story, day.install
    story.chapter("A merchant, and its keys")
    token, own = day.owner.make_token("owner"), rsa.generate_private_key(65537, 2048)
    public = own.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    file = str(Path(install.environment["BURSAR_HOME"]) / "bazaar.pem")
    Path(file).write_bytes(public)
    made = install.asked(
        *(
            "merchant",
            "add",
            "Bazaar",
            "--payout-public-key",
            file,
            "--card-public-key",
            file,
            "--reason",
            "contract 12",
        ),
        *("--permission", "payout", "--permission", "otp", "--permission", "wallet"),
        *("--currency", "SAR", "--coin", "USDT", "--product-name", "Bazaar"),
        token=token,
    )
    day.merchant = str(made["done"])
    keys = {each["api"]: each for each in install.asked("merchant", "key", "list", "Bazaar", token=token)}
    secret = install.asked("merchant", "key", "secret", "Bazaar", str(keys["card"]["id"]), token=token)["secret"]
    payout_pair = install.asked("key", "list", "--merchant", day.merchant, token=token)
    card_pair = install.asked("key", "list", "--merchant", "0", token=token)
    system, platform = public_half(payout_pair, "payout system"), public_half(card_pair, "card platform")
    pem = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    day.bursar = BursarPayout(PayoutConfig(install.url, keys["payout"]["key"], system, pem))
    day.wallet = BursarCard(CardConfig(install.url, keys["card"]["key"], secret, platform, pem))
    story.expect("its first call, signed both ways", [it.currency for it in day.bursar.balances.list()], ["SAR"])
    story.expect("it has", day.riyals(), Decimal(0))


def public_half(pairs: list[dict[str, Any]], kind: str) -> str:
    """The public half of the install's pair of a kind, as a merchant is given it: DER in Base64."""
    [text] = [pair["public"] for pair in pairs if pair["kind"] == kind]
    return str(text)


def bring_money(day: LiveDay) -> None:
    """Funding that one person asks for and another approves."""
    story = day.story
    story.chapter("Funding, by two people")
    amount = {"amount": "20000", "asset": "SAR"}
    asked = day.finance.post(
        "money/fund",
        merchant_id=int(day.merchant),
        source="bank",
        purse="payout",
        amount=amount,
        reason="wire of today",
        document="statement of today, entry 1",
    )
    story.expect("nothing has happened yet", day.riyals(), Decimal(0))
    day.owner.approve(asked)
    story.expect("funded", day.riyals(), Decimal(20000))


def register(day: LiveDay) -> None:
    """A payee with a photo, approved by a person."""
    story, customers = day.story, day.bursar.customers
    story.chapter("A payee, and who approves her")
    day.payee = huda(day.bursar, "huda-1").customid
    customers.upload_photo(customid=day.payee, type="identitypic", file=File(id_photo(), "id.png"))
    day.decided(day.queue("payee"), "approve", "the photo is hers")
    look = settled(lambda: customers.get(customid=day.payee), lambda payee: payee.status == NORMAL)
    story.expect("she may be paid", look.status, NORMAL)


def pay(day: LiveDay) -> None:
    """An order that is reviewed, leaves in a file, and is paid when the bank says so."""
    story, tickets = day.story, day.bursar.tickets
    story.chapter("A payout, by a file of the bank")
    order = tickets.create(
        customid=day.payee, payeeuid="salary-1", amount="7500.00", currency="SAR", paymentmethod="bankTransfer"
    )
    story.expect("set aside", day.riyals(), Decimal(12500))
    day.decided(day.queue("payout"), "approve", "payroll of today")
    [file] = settled(lambda: _files(day.world.bank / "out"), bool, timeout_s=BANK_S)
    [(reference, amount)] = instructed(file)
    story.expect("the bank is told to pay", amount, "7500.00")
    (day.world.bank / "in").mkdir(exist_ok=True)
    (day.world.bank / "in" / "camt054-1.xml").write_text(booked(reference, amount), "utf-8")
    paid = settled(
        lambda: tickets.get(ticketid=order.ticketid), lambda ticket: ticket.status == TRANSFERRED, timeout_s=BANK_S
    )
    story.expect("transferred", paid.status, TRANSFERRED)
    story.expect("booked once", day.riyals(), Decimal(12500))


def move_coins(day: LiveDay) -> None:
    """Coins that arrive, and coins that leave once two people have looked."""
    story, wallet, coins = day.story, day.wallet, day.world.coins
    story.chapter("Coins, in and out")

    def addresses() -> tuple[str, ...]:
        try:
            return wallet.wallet.create_addresses(coin_id="USDT", chain_id=coins.chain, quantity=1).addresses
        except ApiError:
            return ()  # none is prepared yet

    def deposits() -> list[Deposit]:
        coins.mine()
        time.sleep(BLOCK_S)
        return list(wallet.deposits.list(state=SUCCESS))

    def withdrawal() -> Withdrawal:
        coins.mine()
        time.sleep(BLOCK_S)
        return wallet.withdrawals.get(order_no=order)

    def available() -> Decimal:
        return wallet.accounts.list(currency="USDT")[0].balance

    [address] = settled(addresses, bool)
    coins.pay(address, Decimal(100))
    arrived = settled(deposits, bool, timeout_s=CHAIN_S)
    story.expect("a deposit, final", arrived[0].amount, Decimal(100))
    story.expect("credited", available(), Decimal(100))
    order = wallet.withdrawals.create(coin_id="USDT", chain_id=coins.chain, amount="40", address=STRANGER).order_no
    first = day.queue("withdrawal")
    day.finance.post(f"decisions/{first['id']}/decide", result="approve", reason="known address")
    again = day.finance
    try:
        again.post(f"decisions/{first['id']}/decide", result="approve", reason="once more")
        raise Differs("one person made both reviews")
    except Refusal as refusal:
        story.expect("both reviews by one person", refusal.name, "reviewed-by-same")
    day.owner.post(f"decisions/{first['id']}/decide", result="approve", reason="second look")
    paid = settled(withdrawal, lambda order: order.state == SUCCESS, timeout_s=CHAIN_S)
    story.expect("withdrawal, final", paid.state, SUCCESS)
    story.expect("on the chain", coins.received(STRANGER), Decimal(40))
    story.expect("left, after the fee", available(), Decimal(59))


def send_code(day: LiveDay) -> None:
    """A one-time password that goes over the mobile network."""
    story, otp = day.story, day.bursar.otp
    story.chapter("A one-time password")
    sent = otp.send(mobile=MOBILE, appname="Bazaar", type="stcpay").sessionid
    [code] = re.findall(r"\b[0-9]{6}\b", day.world.texts())
    otp.check(mobile=MOBILE, code=code, sessionid=sent)
    story.tell("checked", f"of {MOBILE}")


def add_up(day: LiveDay) -> None:
    """The merchant's statement and the figures of the day so far: what this script has moved, to the cent."""
    story, finance = day.story, day.finance
    story.chapter("What the day has moved")
    span = {"first_day": day.began_on.isoformat(), "last_day": datetime.now(UTC).date().isoformat()}
    asked = finance.post("statements", merchant_id=int(day.merchant), format="csv", provisional=True, **span)
    settled(lambda: finance.get(f"statements/{asked['id']}"), lambda data: data["made_at"] is not None, timeout_s=60)
    closing = closing_balances(finance.fetch(f"statements/{asked['id']}/file"))
    story.expect("the statement closes with", {name: str(sum_) for name, sum_ in closing.items() if sum_}, HELD)
    story.expect("which is the ledger's", closing, ledgers_balances(day, closing.keys()))
    turnover = figures(day, "volumes", **span)["Volumes"]
    moved = {(row[1], row[2]): row[4]["amount"] for row in turnover if row[0] == day.merchant}
    story.expect("moved so far", moved, MOVED)
    today = {"first_day": span["last_day"], "last_day": span["last_day"]}
    tables = figures(day, "close", **today)
    owed = {f"{row[1]} {row[3]}": row[4]["amount"] for row in tables["Balances"] if row[0] in ("merchants", "fees")}
    story.expect("owed and earned", owed, {**HELD, **EARNED})
    differences = [row for row in tables["Totals"] if Decimal(row[3]["amount"])]
    story.expect("assets whose money outside differs", differences, [])


def closing_balances(archive: bytes) -> dict[str, Decimal]:
    """The closing balances of a statement by account; each follows from the opening balance and all entries."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        rows = list(csv.DictReader(io.StringIO(packed.read("entries.csv").decode())))
    reached: dict[str, Decimal] = {}
    for row in rows:
        name, balance = f"{row['Account']} {row['Asset']}", Decimal(row["Balance"])
        before = reached.setdefault(name, balance)
        reached[name] = before + Decimal(row["Amount"] or 0)
        if reached[name] != balance:
            raise Differs(f"{name}: {reached[name]} by its entries, {balance} by the statement")
    return reached


def ledgers_balances(day: LiveDay, names: Collection[str]) -> dict[str, Decimal]:
    """The balances of some of the merchant's accounts as the ledger has them now."""
    accounts = day.finance.get("ledger/accounts", book=day.merchant, limit=100)["items"]
    found = {f"{each['code']} {each['balance']['asset']}": Decimal(each["balance"]["amount"]) for each in accounts}
    return {name: found[name] for name in names}


def figures(day: LiveDay, kind: str, **span: str) -> dict[str, Any]:
    """The rows of a provisional report by table."""
    asked = day.finance.post("reports", kind=kind, provisional=True, **span)
    settled(lambda: day.finance.get(f"reports/{asked['id']}"), lambda data: data["made_at"] is not None, timeout_s=60)
    content = day.finance.get(f"reports/{asked['id']}/content")
    try:
        day.finance.change("PUT", f"closes/{span['last_day']}", {"report_id": asked["id"], "reason": "too early"})
        raise Differs("the day that is not over was closed")
    except Refusal as refusal:
        day.story.expect(f"{kind}: signed before the day is over", refusal.name, "close-missing")
    return {table["name"]: table["rows"] for table in content["tables"]}


def close(day: LiveDay) -> None:
    """The books of yesterday, looked at and signed; and everything proven."""
    story, install = day.story, day.install
    story.chapter("The daily close")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    report = day.finance.post("reports", kind="close", first_day=yesterday, last_day=yesterday)
    made = settled(
        lambda: day.finance.get(f"reports/{report['id']}"), lambda data: data["made_at"] is not None, timeout_s=60
    )
    for difference in day.finance.get(f"reports/{report['id']}/content")["differences"]:
        story.tell("to be looked at", difference)
    day.finance.change("PUT", f"closes/{yesterday}", {"report_id": report["id"], "reason": "the install began today"})
    [signed] = day.finance.get("closes")["items"]
    story.expect("signed with the digest", signed["digest"], made["digest"])
    totals = day.finance.get("money/trial-balance")["totals"]
    story.expect("assets whose books differ", [one for one in totals if Decimal(one["difference"]["amount"])], [])
    story.expect("books", "balanced" in install.command("ledger", "check"), True)
    story.expect("audit", ": untouched" in install.command("audit", "verify"), True)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.xml")) if folder.is_dir() else []


def instructed(file: Path) -> list[tuple[str, str]]:
    """The references and amounts of a file of payments (pain.001)."""
    root = ElementTree.parse(file).getroot()
    space = root.tag.partition("}")[0] + "}"
    return [
        (str(one.findtext(f"{space}PmtId/{space}EndToEndId")), str(one.findtext(f"{space}Amt/{space}InstdAmt")))
        for one in root.iter(f"{space}CdtTrfTxInf")
    ]


def booked(reference: str, amount: str) -> str:
    """The bank's notice that a payment was booked (camt.054)."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{CAMT_054}"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>N-{secrets.token_hex(6)}</MsgId><CreDtTm>{now}</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><CreDtTm>{now}</CreDtTm><Acct><Id><IBAN>SA4420000001234567891234</IBAN></Id></Acct>
<Ntry><Amt Ccy="SAR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>
<Amt Ccy="SAR">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls></Ntry></Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"""


CHAPTERS: Final = (found, appoint, take_on, bring_money, register, pay, move_coins, send_code, add_up, close)


def live(install: Install, world: World, story: Story) -> None:
    """The whole day; raises Differs at the first thing that is not as it should be."""
    day = LiveDay(install, world, story)
    story.begin("The first day of a live install", install.url)
    try:
        for chapter in CHAPTERS:
            chapter(day)
    finally:
        install.stop()
