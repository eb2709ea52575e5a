"""What must not be found anywhere: card numbers, PINs, codes, keys and passwords, after a run that used them all."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg import sql

from tests.clients.card import WebhookReceiver
from tests.clients.payout import PayoutClient, PayoutKeys

from .scene import FRONT, PICTURE, Scene

DOCUMENT_NUMBER = "PLANTED-X1234567"
PIN, PASSWORD, NEXT_PASSWORD, WRONG = "593172", "846201", "719386", "264915"
PUBLISHED = "common/area/list"
"""Everybody's list of areas, whose ids may be the three digits of a card's code."""
OPEN_TABLES = frozenset({"sandbox_message"})
"""The sandbox's outbox, which is there to be read."""


class Overheard(WebhookReceiver):
    """A receiver that also keeps what can be read on the way to it."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.client.keys)
        self.in_clear: list[str] = []

    def receive(self, headers: Mapping[str, str], body: str) -> int:
        self.in_clear.append(f"{headers} {body}")
        return super().receive(headers, body)


@pytest.fixture(scope="module")
def overheard(scene: Scene) -> Iterator[Overheard]:
    """What the merchant is pushed and answered during the run, as it stands on the wire."""
    read = scene.client.read

    def listening(response: httpx2.Response) -> Any:
        if not response.url.path.endswith(PUBLISHED):
            receiver.in_clear.append(f"{response.headers} {response.text}")
        return read(response)

    with Overheard(scene) as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene.client, "read", listening)
        yield receiver


@pytest.fixture(scope="module")
def planted(scene: Scene, overheard: Overheard) -> dict[str, str]:
    """Secrets by what they are, each of them used and revealed."""
    scene.sandbox.set_card_webhook(overheard.url)
    secrets = keys_of(scene) | {"PIN": PIN, "password": PASSWORD, "next password": NEXT_PASSWORD, "wrong one": WRONG}
    for number in range(3):
        card = scene.recharged_card("50")
        scene.sandbox.clear(scene.sandbox.authorize(card, "5", "Corner shop")["transactionId"])
        shown = scene.ok("card/sensitive", {"cardId": card})
        secrets[f"number of card {number}"] = shown["cardNumber"]
        secrets[f"number and code of card {number}"] = f"{shown['cardNumber']}|{shown['cvv']}"
        secrets[f"code of card {number} in JSON"] = f'"{shown["cvv"]}"'
    secrets["document number"] = DOCUMENT_NUMBER
    verified_with_a_number(scene)
    set_pin(scene, card)
    use_passwords(scene, card)
    secrets |= {
        "3-D Secure code": confirm_purchase(scene, card),
        "activation code": activate(scene),
        "mailed code": bind(scene, 1, "email", email="planted@example.com"),
        "texted code": bind(scene, 2, "phone", globalCode="+44", phone="7400654321"),
        "one-time password": check_otp(scene),
    }
    misbehave(scene, secrets["number of card 0"])
    scene.install.settled()
    return secrets


def set_pin(scene: Scene, card: str) -> None:
    """In vain, and well."""
    assert scene.call("card/password/set", {"cardId": card, "password": PIN, "confirmPassword": WRONG}).code == 10085
    assert scene.call("card/password/set", {"cardId": "1", "password": PIN, "confirmPassword": PIN}).code == 10078
    scene.sandbox.fault("issuer.pin", "error")
    assert scene.call("card/password/set", {"cardId": card, "password": PIN, "confirmPassword": PIN}).code == 10087
    scene.ok("card/password/set", {"cardId": card, "password": PIN, "confirmPassword": PIN})


def use_passwords(scene: Scene, card: str) -> None:
    """The verification password from its first day to its last."""
    scene.ok("merchant/verify/password/set", {"password": PASSWORD, "confirmPassword": PASSWORD})
    scene.ok("merchant/verify/password/status", {"enabled": True, "password": PASSWORD})
    assert scene.call("card/sensitive", {"cardId": "1", "verifyPassword": PASSWORD}).code == 10078
    assert scene.call("card/sensitive", {"cardId": card, "verifyPassword": WRONG}).code == 10138
    changed = {"oldPassword": PASSWORD, "newPassword": NEXT_PASSWORD, "confirmPassword": NEXT_PASSWORD}
    scene.ok("merchant/verify/password/update", changed)
    scene.ok("merchant/verify/password/status", {"enabled": False, "password": NEXT_PASSWORD})


def confirm_purchase(scene: Scene, card: str) -> str:
    asked = {"amount": "12.50", "currency": "USD", "merchantName": "Corner shop", "mode": "otp"}
    challenge = scene.sandbox.request("POST", f"cards/{card}/3ds", asked)
    confirmed = {"cardId": card, "transactionId": challenge["transactionId"]}
    assert scene.call("card/3ds/confirm", {**confirmed, "code": WRONG}).code == 10105
    scene.ok("card/3ds/confirm", {**confirmed, "code": challenge["code"]})
    return str(challenge["code"])


def activate(scene: Scene) -> str:
    country = next(area for area in scene.ok("common/area/list") if area["alpha2"] == "GB")
    home = {
        "name": "A. Hart",
        "countryId": country["id"],
        "provinceId": country["children"][0]["id"],
        "postalCode": "SW1A 1AA",
        "address": "1 Main Street",
    }
    card = scene.card(scene.customer(kyc=1, address=home), "P-USD-1", extension={"embossName": "A HART"})
    shipped = {"carrier": "DHL", "trackingNo": "JD01", "status": "delivered"}
    scene.sandbox.request("POST", f"cards/{card}/ship", shipped)
    code = scene.ok("card/activation/code", {"cardId": card})["activationCode"]
    assert scene.call("card/operate/activate", {"cardId": card, "activationCode": WRONG}).code == 10104
    scene.ok("card/operate/activate", {"cardId": card, "activationCode": code})
    return str(code)


def bind(scene: Scene, channel: int, name: str, **address: str) -> str:
    customer = scene.customer()
    scene.ok("customer/code/send", {"customerNo": customer, "channel": channel, **address})
    code = newest_code(scene)
    path, asked = f"customer/{name}/bind", {"customerNo": customer, **address}
    assert scene.call(path, {**asked, "code": WRONG}).code == 10105
    scene.ok(path, {**asked, "code": code})
    return code


def check_otp(scene: Scene) -> str:
    with PayoutClient(PayoutKeys.from_sandbox(scene.install.described)) as client:
        session = client.post("otp/sendOtp", {"mobile": "533445566", "appname": "Demo"}).data["sessionid"]
        code = newest_code(scene)
        for tried in (WRONG, code):
            client.post("otp/checkOtp", {"mobile": "533445566", "code": tried, "sessionid": session})
    return code


def newest_code(scene: Scene) -> str:
    return str(scene.sandbox.request("GET", "outbox")["outbox"][0]["code"])


def found_in(text: str, planted: Mapping[str, str]) -> list[str]:
    """What of the planted stands in a text. Six digits in a row are also a part of other numbers, hashes and instants,
    so short ones must stand by themselves."""
    return [
        name
        for name, secret in planted.items()
        if (
            re.search(rf"(?<![0-9A-Za-z.+/_-]){re.escape(secret)}(?![0-9A-Za-z+/_-])", text)
            if len(secret) < 12
            else secret in text
        )
    ]


def keys_of(scene: Scene) -> dict[str, str]:
    described = scene.install.described
    lines = described["card"]["merchant_private_key"].splitlines()
    payout_lines = described["payout"]["merchant_private_key"].splitlines()
    return {
        "merchant's private key for payouts": payout_lines[len(payout_lines) // 2],
        "merchant's secret": described["card"]["secret_key"],
        "merchant's private key": lines[len(lines) // 2],
        "sandbox token": described["sandbox_token"],
        "master key": (scene.install.home / "master.key").read_text(),
    }


def verified_with_a_number(scene: Scene) -> None:
    customer = scene.customer()
    photo = scene.client.upload(PICTURE, FRONT).data["fileId"]
    scene.ok(
        "customer/kyc/submit",
        {
            "customerNo": customer,
            "credentialType": 2,
            "nationality": "GB",
            "frontPhoto": photo,
            "credentialNo": DOCUMENT_NUMBER,
        },
    )
    scene.sandbox.decide_kyc(customer, "approved")


def misbehave(scene: Scene, number: str) -> None:
    """Requests that carry a card number where none belongs, and are refused, on every way there is."""
    for path, params in (
        ("card/balance", {"cardId": number}),
        ("card/balance", {"cardId": [number]}),
        ("card/operate/recharge", {"cardId": "1", "amount": number}),
        ("card/info", {number: 1}),
        ("card/bill/list", {"cardId": number, "startAt": 1}),
        ("merchant/fund/info", {"fundNo": number}),
    ):
        request = scene.client.prepare(path, params)
        answer = httpx2.post(request.url, headers=request.headers, content=request.content)
        assert number not in answer.text
    httpx2.post(f"{scene.install.base_url}/api/v1/{number}")


def test_a_card_number_is_one(planted: dict[str, str]):
    numbers = [secret for name, secret in planted.items() if name.startswith("number of card")]
    assert len(set(numbers)) == 3
    for number in numbers:
        digits = [int(digit) for digit in reversed(number)]
        assert len(digits) == 16
        assert (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def test_every_reveal_is_on_record(scene: Scene, planted: dict[str, str]):
    rows = scene.install.rows("SELECT purpose, object, actor, reason FROM vault_reveal WHERE purpose = 'card details'")
    assert len(rows) == 3
    assert len({row[1] for row in rows}) == 3
    for _, subject, actor, reason in rows:
        assert subject.startswith("card:")
        assert actor.startswith("api:")
        assert reason


def test_a_reveal_that_fails_reveals_nothing(scene: Scene):
    with scene.nothing_changes():
        assert scene.call("card/sensitive", {"cardId": "1"}).code == 10078


def test_logs_say_nothing_secret(scene: Scene, planted: dict[str, str]):
    assert found_in(scene.install.logged(), planted) == []


def test_metrics_say_nothing_secret(scene: Scene, planted: dict[str, str]):
    metrics = httpx2.get(f"{scene.install.base_url}/metrics").text
    assert found_in(metrics, planted) == []


def test_answers_and_pushes_say_nothing_secret_in_clear(overheard: Overheard, planted: dict[str, str]):
    assert len(overheard.in_clear) > 50
    assert {"3DS_OTP", "CC_RECHARGE"} <= {event.event for event in overheard.events}
    assert [found for text in overheard.in_clear for found in found_in(text, planted)] == []


def test_the_database_holds_nothing_secret_in_clear(scene: Scene, planted: dict[str, str]):
    in_hexadecimal = {name: secret.encode().hex() for name, secret in planted.items()}
    found = {
        (table, name)
        for table, row in every_row(scene)
        if table not in OPEN_TABLES
        for name in (*found_in(row, planted), *(name for name, secret in in_hexadecimal.items() if secret in row))
    }
    assert found == set()


def test_the_scan_finds_what_is_there(scene: Scene, planted: dict[str, str]):
    outbox = "\n".join(row for table, row in every_row(scene) if table in OPEN_TABLES)
    assert {"mailed code", "texted code", "one-time password"} <= set(found_in(outbox, planted))
    assert found_in(f'{{"pin": "{PIN}"}} {PASSWORD}', planted) == ["PIN", "password"]
    assert found_in(f"12:00:00.{PIN} 1{PIN} {PIN}ab", planted) == []


def every_row(scene: Scene) -> Iterator[tuple[str, str]]:
    """Rows of all tables as text; bytes stand there in hexadecimal."""
    with psycopg.connect(scene.install.dsn) as connection:
        for table in scene.install.tables():
            for (row,) in connection.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table))):
                yield table, row


def test_files_are_stored_sealed(scene: Scene, planted: dict[str, str]):
    stored = [path.read_bytes() for path in (scene.install.home / "files").rglob("*") if path.is_file()]
    assert stored
    assert not any(PICTURE in content or content.startswith(b"\x89PNG") for content in stored)
