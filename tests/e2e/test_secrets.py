"""What must not be found anywhere: card numbers, security codes, keys and passwords, after a run that used them all."""

from collections.abc import Iterator

import httpx2
import psycopg
import pytest
from examples.card_client import WebhookReceiver
from psycopg import sql

from .scene import FRONT, PICTURE, Scene

DOCUMENT_NUMBER = "PLANTED-X1234567"


@pytest.fixture(scope="module")
def planted(scene: Scene) -> dict[str, str]:
    """Secrets by what they are, each of them used and revealed."""
    with WebhookReceiver(scene.client.keys) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        secrets = keys_of(scene)
        for number in range(3):
            card = scene.recharged_card("50")
            scene.sandbox.clear(scene.sandbox.authorize(card, "5", "Corner shop")["transactionId"])
            shown = scene.ok("card/sensitive", {"cardId": card})
            secrets[f"number of card {number}"] = shown["cardNumber"]
            secrets[f"number and code of card {number}"] = f"{shown['cardNumber']}|{shown['cvv']}"
            secrets[f"code of card {number} in JSON"] = f'"{shown["cvv"]}"'
        secrets["document number"] = DOCUMENT_NUMBER
        verified_with_a_number(scene)
        misbehave(scene, secrets["number of card 0"])
        scene.install.settled()
    return secrets


def keys_of(scene: Scene) -> dict[str, str]:
    described = scene.install.described
    lines = described["card"]["merchant_private_key"].splitlines()
    return {
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
            "customerNo": customer, "credentialType": 2, "nationality": "GB", "frontPhoto": photo,
            "credentialNo": DOCUMENT_NUMBER,
        },
    )  # fmt: skip
    scene.sandbox.decide_kyc(customer, "approved")


def misbehave(scene: Scene, number: str) -> None:
    """Requests that carry a card number where none belongs, and are refused, on every way there is."""
    for path, params in (
        ("card/balance", {"cardId": number}), ("card/balance", {"cardId": [number]}),
        ("card/operate/recharge", {"cardId": "1", "amount": number}), ("card/info", {number: 1}),
        ("card/bill/list", {"cardId": number, "startAt": 1}), ("merchant/fund/info", {"fundNo": number}),
    ):  # fmt: skip
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
    logged = scene.install.logged()
    assert [name for name, secret in planted.items() if secret in logged] == []


def test_metrics_say_nothing_secret(scene: Scene, planted: dict[str, str]):
    metrics = httpx2.get(f"{scene.install.base_url}/metrics").text
    assert [name for name, secret in planted.items() if secret in metrics] == []


def test_the_database_holds_nothing_secret_in_clear(scene: Scene, planted: dict[str, str]):
    found = [
        (table, name)
        for table, row in every_row(scene)
        for name, secret in planted.items()
        if secret in row or secret.encode().hex() in row
    ]
    assert found == []


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
