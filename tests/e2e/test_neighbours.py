"""The previous version and this one beside each other on one database, while it is upgraded under load.

The previous version is the newest tag before this commit, or the commit that BURSAR_TEST_PREVIOUS names; it is checked
out beside this one and run with this one's packages. Where there is neither, the test is skipped with a warning.
"""

import os
import subprocess
import sysconfig
import threading
import venv
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from bursar.db.migration import core, migrations
from bursar.sandbox.schema import sandbox_migrations
from tests.clients.card import CardClient, Sandbox
from tests.clients.payout import PayoutClient, PayoutKeys
from tests.codes.payout.scene import PayoutScene

from .install import ROOT, Install, Launcher, until
from .scene import Scene

pytestmark = pytest.mark.slow

PREVIOUS = "BURSAR_TEST_PREVIOUS"
RECHARGE, PAYOUT = "card/operate/recharge", "payee/payCustomTicket/create"
FIND_PAYOUT = "payee/payCustomTicket/detail"
WITHDRAWAL, FIND_WITHDRAWAL = "wallet/withdraw", "wallet/withdraw/info"
AMOUNT, SALARY = Decimal(10), Decimal("12.50")
COINS, FEE = Decimal(20), Decimal(1)
STRANGER = "0x52908400098527886E0F7030069857D2E4169EE7"
WITHDRAWN = 1
EACH_WITHDRAWS = 5
"""So many recharges and payouts for one withdrawal, which two people have to look at."""
A_FEW = 15
PAUSE_S = 0.15
"""Between two rounds of a traffic: it need not take the processors from what happens beside it."""
FIRST_TO_LOOK = 25
"""The newest migration of the first program that compares the schema with itself."""


def git(*arguments: str) -> str | None:
    """What git says; None where it fails, or is not there."""
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def find_previous() -> str | None:
    """The commit of the previous version."""
    named = os.environ.get(PREVIOUS) or git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^")
    return named and git("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}")


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout of the previous version."""
    commit = find_previous()
    if commit is None:
        reason = f"no upgrade was tried: there is no tag before this commit, and {PREVIOUS} names no commit"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("previous") / "bursar"
    assert git("worktree", "add", "--detach", str(root), commit) is not None
    make_environment(root)
    yield root
    git("worktree", "remove", "--force", str(root))


def make_environment(root: Path) -> None:
    """An environment of the checkout's own: its source, and this one's packages behind it."""
    place = root / ".venv"
    venv.create(place, symlinks=True)
    [packages] = place.glob("lib/python*/site-packages")
    ours = sysconfig.get_paths()["purelib"]  # as a mere folder, so that its links to this checkout do not count
    (packages / "checkout.pth").write_text(f"{root / 'src'}\n{ours}\n")


def python_of(root: Path) -> str:
    return str(root / ".venv/bin/python")


@dataclass
class Version:
    """One of the two programs, with an API and a worker of its own, and the merchant that calls it."""

    install: Install
    card: Scene
    payout: PayoutScene

    @classmethod
    @contextmanager
    def of(cls, install: Install) -> Iterator["Version"]:
        """On an install that is migrated."""
        with ExitStack() as open_:
            client: CardClient = open_.enter_context(install.client())
            sandbox: Sandbox = open_.enter_context(install.sandbox())
            payouts = open_.enter_context(PayoutClient(PayoutKeys.from_sandbox(install.described)))
            yield cls(install, Scene(install, client, sandbox), PayoutScene(install, payouts, sandbox))

    def is_ready(self) -> bool:
        return httpx2.get(f"{self.install.base_url}/health/ready", timeout=5.0).status_code == 200

    def has_balanced_books(self) -> bool:
        """What its `bursar ledger check` says."""
        install = self.install
        before = install.logged().count(": balanced")
        install.launcher.start(["ledger", "check"], install.dsn, install.home, install.port, install.env).gone()
        return install.logged().count(": balanced") == before + 1


@dataclass
class Traffic:
    """Recharges, payouts and now and then a withdrawal without end, one after another; whatever is not a success ends
    the test. A withdrawal is reviewed twice, and paid on the sandbox's chain.
    """

    version: Version
    name: str
    card_no: str
    customer: str
    recharges: dict[str, str] = field(default_factory=dict)
    """Order numbers by request id."""
    payouts: dict[str, str] = field(default_factory=dict)
    """Ticket numbers by the merchant's reference."""
    withdrawals: dict[str, str] = field(default_factory=dict)
    """Order numbers by request id."""
    stopping: threading.Event = field(default_factory=threading.Event)
    fault: BaseException | None = None
    caller: threading.Thread | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """While this lasts."""
        self.stopping.clear()
        self.caller = threading.Thread(target=self._call_on)
        self.caller.start()
        try:
            yield
        finally:
            self.stopping.set()
            self.caller.join()
        assert self.fault is None, self.fault

    def _call_on(self) -> None:
        try:
            while not self.stopping.wait(PAUSE_S):
                number = f"{self.name}-{len(self.payouts)}"
                self.recharges[number] = self.recharge(self.version, number)
                self.payouts[number] = self.pay(self.version, number)
                if len(self.payouts) % EACH_WITHDRAWS == 0:
                    self.withdrawals[number] = self.withdraw(self.version, number)
                    self.review(self.withdrawals[number])
        except BaseException as fault:
            self.fault = fault

    def recharge(self, version: Version, number: str) -> str:
        """Ask one of the versions; the order that the request has led to, now or before."""
        order = version.card.ok(RECHARGE, {"cardId": self.card_no, "amount": str(AMOUNT)}, number)
        return str(order["orderNo"])

    def pay(self, version: Version, number: str) -> str:
        """Order a payout, which the sandbox's bank makes at once."""
        ticket = version.payout.ticket(self.customer, payeeuid=number, amount=str(SALARY))
        return str(version.payout.done(PAYOUT, ticket)["ticketid"])

    def withdraw(self, version: Version, number: str) -> str:
        """Ask one of the versions; the order that the request has led to, now or before."""
        asked = {"coinId": "USDT", "chainId": "ethereum", "address": STRANGER, "amount": str(COINS)}
        return str(version.card.ok(WITHDRAWAL, asked, f"{number}-coins")["orderNo"])

    def review(self, order_no: str) -> None:
        """Both reviews, by this traffic's version."""
        for _ in range(2):
            path = f"wallet/withdrawals/{order_no}/decide"
            self.version.card.sandbox.request("POST", path, {"result": "approve"})

    def find_payment(self, version: Version, number: str) -> str:
        """The payout that a reference has led to, as one of the versions sees it."""
        return str(version.payout.found(FIND_PAYOUT, {"payeeuid": number})["ticketid"])

    def ends(self) -> None:
        """Call no more."""
        self.stopping.set()
        until(lambda: self.caller is None or not self.caller.is_alive(), f"{self.name} to end")
        assert self.fault is None, self.fault

    def goes_on(self) -> None:
        """Wait for a few more of both."""
        goal = len(self.payouts) + A_FEW
        until(lambda: self.fault or len(self.payouts) >= goal, f"more answers for {self.name}")
        assert self.fault is None, self.fault


@pytest.fixture
def old(previous: Path, empty_dsn: str, tmp_path: Path) -> Iterator[Version]:
    """The previous version, serving an install that it has made."""
    launcher = Launcher(previous, python_of(previous))
    home = tmp_path / "old"
    home.mkdir()
    install = Install(launcher, empty_dsn, home)
    try:
        install.migrate()
        install.start()
        with Version.of(install) as version:
            yield version
    finally:
        install.stop()
        launcher.close()


@pytest.fixture
def new(old: Version, launcher: Launcher, tmp_path: Path) -> Iterator[Version]:
    """This version on the same install, as on a second machine with the same keys; it has not been started."""
    install = Install.copied(launcher, old.install.home, old.install.dsn, tmp_path / "new")
    install.log.unlink()
    try:
        with Version.of(install) as version:
            yield version
    finally:
        install.stop()


def newest_of(root: Path, room: str = "db") -> int:
    """The newest migration of a checkout in a room's list; 0: it has none."""
    return max((int(file.name[:4]) for file in (root / f"src/bursar/{room}/migrations").glob("*.sql")), default=0)


def fits_beside(root: Path) -> bool:
    """By what the heads of the migrations say that a checkout does not know, those of the sandbox too."""
    lists = {"db": core(), "sandbox": sandbox_migrations()}
    known = {room: newest_of(root, room) for room in lists}
    return all(
        migration.compatible_from <= known[room]
        for room, each in lists.items()
        for migration in each.migrations
        if migration.version > known[room]
    )


def test_the_checkout_is_what_runs(previous: Path):
    told = subprocess.run(
        [python_of(previous), "-I", "-c", "import bursar; print(bursar.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(told.strip()).is_relative_to(previous)


def test_an_upgrade_under_load_loses_nothing(previous: Path, old: Version, new: Version):
    known = newest_of(previous)
    assert old.install.value("SELECT max(version) FROM migration") == known
    traffic = [
        Traffic(version, name, old.card.card(), old.payout.payable()) for version, name in ((old, "old"), (new, "new"))
    ]
    before = old.card.available()
    if fits_beside(previous):
        beside_each_other(*traffic)
    else:
        one_after_the_other(*traffic, says_so=known >= FIRST_TO_LOOK)
    assert old.install.value("SELECT max(version) FROM migration") == migrations()[-1].version
    assert_nothing_was_lost(new, traffic, before)


def beside_each_other(old: Traffic, new: Traffic) -> None:
    """The old version serves before, during and after the migrations, and then beside the new one."""
    with old.running():
        old.goes_on()
        answered = len(old.payouts)
        new.version.install.migrate()
        assert len(old.payouts) > answered
        old.goes_on()
        assert old.version.is_ready()
        new.version.install.start()
        with new.running():
            new.goes_on()
            old.goes_on()
            assert old.version.is_ready()
            assert new.version.is_ready()
            assert old.version.has_balanced_books()
            assert new.version.has_balanced_books()
    assert_each_knows_what_the_other_did(old, new.version)
    assert_each_knows_what_the_other_did(new, old.version)
    old.version.install.stop()
    with new.running():
        new.goes_on()


def one_after_the_other(old: Traffic, new: Traffic, *, says_so: bool) -> None:
    """The old version does not fit, says so if it looks, and goes before the new one comes."""
    with old.running():
        old.goes_on()
    new.version.install.migrate()
    if says_so:
        until(lambda: not old.version.is_ready(), "the old version to say that it does not fit")
    old.version.install.stop()
    new.version.install.start()
    with new.running():
        new.goes_on()


def assert_each_knows_what_the_other_did(done: Traffic, other: Version) -> None:
    """Asked for a recharge again, the other version answers with the order that is there; it finds the payouts."""
    assert {number: done.recharge(other, number) for number in done.recharges} == done.recharges
    assert {number: done.find_payment(other, number) for number in done.payouts} == done.payouts
    assert {number: done.withdraw(other, number) for number in done.withdrawals} == done.withdrawals


def are_paid(new: Version, orders: list[str]) -> bool:
    """True once all are final, a block later each time."""
    new.card.sandbox.request("POST", "wallet/blocks", {"count": 1, "chainId": "ethereum"})
    return all(new.card.ok(FIND_WITHDRAWAL, {"orderNo": order})["state"] == WITHDRAWN for order in orders)


def assert_nothing_was_lost(new: Version, traffic: list[Traffic], before: Decimal) -> None:
    """Each order is there once and has ended well, and the money is where it belongs."""
    recharges = [order for each in traffic for order in each.recharges.values()]
    for order in recharges:
        new.card.recharge_ended(order)
    assert len(set(recharges)) == len(recharges)
    withdrawals = [order for each in traffic for order in each.withdrawals.values()]
    assert len(set(withdrawals)) == len(withdrawals) > 0
    until(lambda: are_paid(new, withdrawals), "the withdrawals to be paid")
    assert new.card.account() == (before - AMOUNT * len(recharges) - (COINS + FEE) * len(withdrawals), 0)
    for each in traffic:
        assert Decimal(new.card.balance(each.card_no)[0]) == AMOUNT * len(each.recharges)
        assert_each_knows_what_the_other_did(each, new)
    new.install.settled()
    assert new.install.rows("SELECT status, count(*) FROM payout GROUP BY status") == [
        ("transferred", sum(len(each.payouts) for each in traffic))
    ]
    assert new.install.rows("SELECT kind FROM job WHERE dead") == []
    assert new.has_balanced_books()
