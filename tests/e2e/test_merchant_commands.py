"""`bursar merchant`: a merchant that commands have made calls both APIs, and changes its keys while it calls."""

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.clients.card import CardClient, Credentials
from tests.clients.payout import PayoutClient, PayoutKeys

from .install import Install, until
from .test_staff_commands import as_json, bursar, token_of

WHY = ("--reason", "contract of today")


def own_key(folder: Path, name: str) -> tuple[rsa.RSAPrivateKey, str]:
    """A key pair of a merchant's, and the file of its public half."""
    key = rsa.generate_private_key(65537, 2048)
    path = folder / f"{name}.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(key.public_key().public_bytes(encoding, form))
    return key, str(path)


def public(text: str) -> rsa.RSAPublicKey:
    key = serialization.load_der_public_key(base64.b64decode(text))
    assert isinstance(key, rsa.RSAPublicKey)
    return key


class Made:
    """A merchant of commands, with the keys that its engineers were given."""

    def __init__(self, install: Install, folder: Path, name: str) -> None:
        self.install, self.folder, self.name = install, folder, name
        self.card_key, card_file = own_key(folder, "card")
        self.payout_key, payout_file = own_key(folder, "payout")
        files = ("--card-public-key", card_file, "--payout-public-key", payout_file)
        may = [word for each in ("card", "payout") for word in ("--permission", each)]
        more = ("--coin", "USDT", "--currency", "SAR", "--product-name", name)
        self.number = str(as_json(install, "merchant", "add", name, *may, *files, *more, *WHY)["done"])

    def keys(self, api: str) -> list[dict[str, Any]]:
        return [key for key in as_json(self.install, "merchant", "key", "list", self.name) if key["api"] == api]

    def card_client(self, key: dict[str, Any], own: rsa.RSAPrivateKey) -> CardClient:
        secret = as_json(self.install, "merchant", "key", "secret", self.number, str(key["id"]))["secret"]
        platform = public(self.install.described["card"]["platform_public_key"])
        return CardClient(Credentials(self.install.base_url, key["key"], secret, platform, own))

    def payout_client(self, key: dict[str, Any], own: rsa.RSAPrivateKey) -> PayoutClient:
        [pair] = [
            each
            for each in as_json(self.install, "key", "list", "--merchant", self.number)
            if each["kind"] == "payout system"
        ]
        return PayoutClient(PayoutKeys(self.install.base_url, key["key"], public(pair["public"]), own))

    def add_key(self, api: str, file: str, second: str) -> dict[str, Any]:
        [waits] = as_json(self.install, "merchant", "key", "add", self.name, api, "--public-key", file, *WHY)
        bursar(self.install, "approval", "approve", str(waits["asked"]["id"]), BURSAR_TOKEN=second)
        return self.keys(api)[-1]


@pytest.fixture(scope="module")
def second(install: Install) -> str:
    """The token of a second person."""
    bursar(install, "staff", "add", "olga@example.com", "--name", "olga", "--role", "finance", "--role", "operations")
    return token_of(install, "olga@example.com", "finance", "operations")


@pytest.fixture(scope="module")
def made(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(install, tmp_path_factory.mktemp("merchant"), "Bazaar")


def called(card: CardClient) -> int:
    return card.call("customer/add", {"givenName": "Amelia", "lastName": "Hart", "birthday": "1990-05-17"}).code


class Traffic:
    """Calls without a pause from some threads, by whichever client is named at the moment."""

    def __init__(self, call: Callable[[], bool]) -> None:
        self.answers: list[bool] = []
        self._call, self._over = call, threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(3)]

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self.answers.append(self._call())

    def goes_on(self) -> None:
        """Some more calls are answered."""
        wanted = len(self.answers) + 10
        until(lambda: len(self.answers) >= wanted, "more calls")


def test_a_merchant_of_commands_calls_both_apis(made: Made, install: Install) -> None:
    (card,), (payout,) = made.keys("card"), made.keys("payout")
    with made.card_client(card, made.card_key) as client:
        assert called(client) == 0
        assert client.call("merchant/asset").code == 0
        assert client.call("wallet/coin/list").code != 0
    with made.payout_client(payout, made.payout_key) as payouts:
        answer = payouts.get("merchant/balance")
        assert answer.success, answer
    until(lambda: all(key["last_used_at"] for key in made.keys("card")), "the use is written")
    assert "Only" not in bursar(install, "merchant", "show", made.name)
    assert made.name in bursar(install, "merchant", "list")
    assert "shown once" in bursar(install, "merchant", "key", "secret", made.number, str(card["id"]))


def test_keys_change_over_under_traffic_without_a_refused_request(made: Made, install: Install, second: str) -> None:
    other = Made(install, made.folder, "Rotating")
    (first,) = other.keys("card")
    using = other.card_client(first, other.card_key)
    client = [using]
    with Traffic(lambda: called(client[0]) == 0) as traffic:
        traffic.goes_on()
        own, file = own_key(made.folder, "card-2")
        new = other.add_key("card", file, second)
        traffic.goes_on()
        client[0] = other.card_client(new, own)
        traffic.goes_on()
        until(lambda: other.keys("card")[-1]["first_used_at"] is not None, "the new key is in use")
        bursar(install, "merchant", "key", "revoke", other.name, str(first["id"]), *WHY)
        traffic.goes_on()
    assert all(traffic.answers)
    until(lambda: called(using) != 0, "the revoked key is refused")
    assert called(using) != 0


def test_settings_fees_and_standing_by_command(made: Made, install: Install, second: str) -> None:
    said = bursar(install, "merchant", "change", made.name, 'product_names=["Bazaar","B"]', "min_api_version=2", *WHY)
    assert "done" in said
    [waits] = as_json(install, "merchant", "change", made.name, "cooling_off_s=60", *WHY)
    bursar(install, "approval", "approve", str(waits["asked"]["id"]), BURSAR_TOKEN=second)
    [waits] = as_json(install, "merchant", "fee", made.name, "--rate", "0.01", "--bearer", "merchant", *WHY)
    bursar(install, "approval", "approve", str(waits["asked"]["id"]), BURSAR_TOKEN=second)
    shown = as_json(install, "merchant", "show", made.number)
    assert (shown["product_names"], shown["min_api_version"], shown["cooling_off_s"]) == (["Bazaar", "B"], 2, 60)
    assert shown["fee"] == {"rate": "0.01", "fixed": "0", "minimum": "0", "bearer": "merchant"}
    assert [fee["rate"] for fee in as_json(install, "merchant", "fees", made.name)] == ["0.01", "0"]
    assert "Refused" in bursar(install, "merchant", "change", made.name, "cooling_off_s=60", "permissions=[]", *WHY)
    assert "Refused" in bursar(install, "merchant", "change", made.name, "permissions=card", *WHY)
    assert "suspended at the level `all`" in bursar(install, "merchant", "close", made.name, *WHY)
    bursar(install, "merchant", "suspend", made.name, "--level", "all", *WHY)
    assert as_json(install, "merchant", "show", made.name)["suspension"] == "all"
    bursar(install, "merchant", "close", made.name, *WHY)
    assert as_json(install, "merchant", "show", made.number)["status"] == "closed"


def test_a_public_key_that_was_lost_is_replaced_by_two_people(made: Made, install: Install, second: str) -> None:
    other = Made(install, made.folder, "Replacing")
    [key] = other.keys("payout")
    own, file = own_key(made.folder, "payout-2")
    with other.payout_client(key, other.payout_key) as before, other.payout_client(key, own) as after:
        assert before.get("merchant/balance").success
        assert not after.get("merchant/balance").success
        order = ("merchant", "key", "replace", other.name, "--public-key", file, "--number", str(key["id"]))
        [waits] = as_json(install, *order, *WHY)
        assert before.get("merchant/balance").success
        bursar(install, "approval", "approve", str(waits["asked"]["id"]), BURSAR_TOKEN=second)
        until(lambda: after.get("merchant/balance").success, "the new key is known in all processes")
        assert not before.get("merchant/balance").success
    assert "either the number of a key or an API" in bursar(install, *order, "--api", "payout", *WHY)
