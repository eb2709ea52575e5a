"""Every kind of key is replaced while merchants of both APIs call without pause: no call refused, no money wrong."""

import base64
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .install import Install, Launcher, until
from .test_neighbours import Traffic, Version, assert_nothing_was_lost
from .test_staff_commands import as_json, bursar, token_of

pytestmark = pytest.mark.slow

NEW_MASTER = base64.b64encode(b"n" * 32).decode()
KNOWN_AFTER_S = 2.5
"""Every process has read a merchant's keys again by then."""


@dataclass
class Sealing(Traffic):
    """Traffic that seals fields to the system as well, in each round."""

    def pay(self, version: Version, number: str) -> str:
        version.payout.customer()
        return super().pay(version, number)


@dataclass
class Staff:
    """Two people with tokens, one who asks and one who approves."""

    install: Install
    asks: str
    approves: str

    @classmethod
    def of(cls, install: Install) -> "Staff":
        bursar(install, "staff", "add", "ada@example.com", "--name", "Ada", "--first-owner")
        bursar(install, "staff", "add", "otto@example.com", "--name", "Otto", "--role", "operations")
        tokens = token_of(install, "ada@example.com", "owner"), token_of(install, "otto@example.com", "operations")
        return cls(install, *tokens)

    def take(self, step: str, kind: str, *more: str, merchant: int = 0, **environment: str) -> None:
        """A step with a key, ordered by one and approved by the other."""
        words = ("key", step, kind, *more, "--reason", "a year old")
        if merchant:
            words = (*words, "--merchant", str(merchant))
        [waits] = as_json(self.install, *words, BURSAR_TOKEN=self.asks, **environment)
        number = str(waits["asked"]["id"])
        assert "approved by" in bursar(
            self.install, "approval", "approve", number, BURSAR_TOKEN=self.approves, **environment
        )

    def keys(self, kind: str, merchant: int = 0, **environment: str) -> dict[str, Any]:
        """Generations of a key by their state."""
        found = as_json(self.install, "key", "list", "--merchant", str(merchant), BURSAR_TOKEN=self.asks, **environment)
        return {one["state"]: one for one in found if one["kind"] == kind}


def public(key: dict[str, Any]) -> rsa.RSAPublicKey:
    found = serialization.load_der_public_key(base64.b64decode(key["public"]))
    assert isinstance(found, rsa.RSAPublicKey)
    return found


def known_everywhere() -> None:
    due = time.monotonic() + KNOWN_AFTER_S
    until(lambda: time.monotonic() >= due, "keys to be read again")


@pytest.fixture
def running(install: Install) -> Iterator[Callable[[Install], Version]]:
    """Clients of installs, and the installs themselves, until the end of the test."""
    with ExitStack() as open_:

        def start(one: Install) -> Version:
            if one is not install:
                open_.callback(one.stop)
                one.start()
            return open_.enter_context(Version.of(one))

        yield start


@dataclass
class Places:
    """Further machines of an install."""

    running: Callable[[Install], Version]
    launcher: Launcher
    folder: Path

    def start(self, install: Install, name: str, **environment: str) -> Version:
        """The same install on another machine, with other settings."""
        other = Install.copied(self.launcher, install.home, install.dsn, self.folder / name)
        other.log.unlink(missing_ok=True)
        other.env = environment
        return self.running(other)


def test_every_kind_of_key_is_replaced_under_traffic(
    install: Install, launcher: Launcher, running: Callable[[Install], Version], tmp_path: Path
) -> None:
    first, staff = running(install), Staff.of(install)
    merchant_id = int(install.described["payout"]["merchant_id"])
    cards = [first.card.card() for _ in range(2)]
    before = first.card.available()
    traffic = Sealing(first, "first", cards[0], first.payout.payable())
    with traffic.running():
        traffic.goes_on()
        replace_pairs(staff, traffic, merchant_id)
        for merchant in (merchant_id, 0):
            staff.take("rotate", "data", merchant=merchant)
            traffic.goes_on()
        places = Places(running, launcher, tmp_path)
        later = move_master_key(staff, traffic, cards[1], places)
    assert_nothing_was_lost(later.version, [traffic, later], before)
    assert later.version.card.sandbox.check_ledger()["balanced"] is True
    with_new = {"BURSAR_MASTER_KEY": NEW_MASTER}
    proof = as_json(staff.install, "audit", "verify", BURSAR_TOKEN=staff.asks, **with_new)
    assert (proof["holds"], proof["differences"]) == (True, [])


def replace_pairs(staff: Staff, traffic: Traffic, merchant_id: int) -> None:
    card, payout = traffic.version.card.client, traffic.version.payout.client
    old = payout.keys.system_key
    staff.take("prepare", "card platform")
    staff.take("prepare", "payout system", merchant=merchant_id)
    coming = public(staff.keys("payout system", merchant_id)["next"])
    payout.keys = replace(payout.keys, other_system_key=coming)
    card.keys = replace(card.keys, platform_key=public(staff.keys("card platform")["next"]))
    known_everywhere()
    payout.keys = replace(payout.keys, system_key=coming, other_system_key=old)  # sealed to the next one already
    traffic.goes_on()
    staff.take("rotate", "card platform")
    staff.take("rotate", "payout system", merchant=merchant_id)
    traffic.goes_on()
    known_everywhere()
    assert set(staff.keys("payout system", merchant_id)) == {"active", "retiring"}
    payout.keys = replace(payout.keys, system_key=old, other_system_key=coming)  # and to the one before still
    traffic.goes_on()
    payout.keys = replace(payout.keys, system_key=coming, other_system_key=None)
    traffic.goes_on()
    staff.take("retire", "payout system", "1", merchant=merchant_id)
    staff.take("retire", "card platform", "1")
    traffic.goes_on()


def move_master_key(staff: Staff, traffic: Traffic, card: str, places: Places) -> Traffic:
    """Processes with the old key, with both, and with the new one, one after another; the traffic of the last."""
    install, old_master = traffic.version.install, (traffic.version.install.home / "master.key").read_text().strip()
    both = {"BURSAR_MASTER_KEY": NEW_MASTER, "BURSAR_MASTER_KEY_PREVIOUS": old_master}
    second = places.start(install, "both", **both)
    second.card.client.keys = replace(traffic.version.card.client.keys, base_url=second.install.base_url)
    second.payout.client.keys = replace(traffic.version.payout.client.keys, base_url=second.install.base_url)
    meanwhile = Sealing(second, "second", card, second.payout.payable())
    with meanwhile.running():
        staff.take("prepare", "master", **both)
        for _ in range(3):
            killed = places.launcher.start(
                ["key", "rewrap"], install.dsn, install.home, install.port, {**both, **token(staff)}
            )
            killed.send(signal.SIGKILL)
            killed.gone()
        assert "wrapped anew" in bursar(install, "key", "rewrap", **both, **token(staff))
        traffic.goes_on()
        meanwhile.goes_on()
        keys = staff.keys("master", **both)
        assert (keys["active"]["generation"], keys["retiring"]["generation"]) == (2, 1)
        staff.take("retire", "master", "1", **both)
        assert "Refused. Processes are running" in bursar(install, "key", "rewrap", **both, **token(staff))
        traffic.goes_on()
        traffic.ends()
        install.stop()
        assert "wrapped anew" in bursar(install, "key", "rewrap", **both, **token(staff))
        meanwhile.goes_on()
    third = places.start(install, "new", BURSAR_MASTER_KEY=NEW_MASTER)
    second.install.stop()
    for name in ("card", "payout"):
        client = getattr(third, name).client
        client.keys = replace(getattr(second, name).client.keys, base_url=third.install.base_url)
    meanwhile.version = third
    with meanwhile.running():
        meanwhile.goes_on()
    old_program = places.launcher.start("api", install.dsn, install.home, install.port)
    old_program.gone()
    assert "cannot be opened: the master key is another one" in install.logged()
    return meanwhile


def token(staff: Staff) -> dict[str, str]:
    return {"BURSAR_TOKEN": staff.asks}
