"""Cards over the wire, from the catalogue to their end: every code of theirs, and what merchants are pushed."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.clients.card import Answer, Event, SandboxRefused, WebhookReceiver

from .install import until
from .scene import Scene

PENDING, NORMAL, LOCKED, FROZEN, CANCELLING, CANCELLED = 2, 3, 4, 5, 6, 7
PHYSICAL, STRICT, FIXED = "P-USD-1", "V-USD-STRICT", "V-USD-FIXED"
QUARTER_S, DAY_S = 15 * 60, 86_400
PIN = "135790"
HOME = {
    "name": "A. Hart",
    "countryId": 826,
    "provinceId": 0,
    "postalCode": "SW1A 1AA",
    "address": "1 Main Street",
}
REDEMPTION = 5


@pytest.fixture(autouse=True)
def _books(scene: Scene) -> Iterator[None]:
    """The books balance after every test."""
    yield
    scene.check_books()


@pytest.fixture(scope="module")
def home(scene: Scene) -> dict[str, Any]:
    """An address that exists."""
    country = next(area for area in scene.ok("common/area/list") if area["alpha2"] == "GB")
    return {**HOME, "countryId": country["id"], "provinceId": country["children"][0]["id"]}


@pytest.fixture(scope="module")
def holder(scene: Scene, home: dict[str, Any]) -> str:
    """A customer who may have most cards."""
    return scene.customer(kyc=1, address=home)


@pytest.fixture
def card(scene: Scene, holder: str) -> str:
    """A virtual card."""
    return scene.card(holder)


@pytest.fixture
def plastic(scene: Scene, holder: str) -> str:
    """A physical card on its way."""
    return scene.card(holder, PHYSICAL, extension={"embossName": "A HART"})


def status(scene: Scene, card: str) -> int:
    return int(scene.ok("card/info", {"cardId": card})["status"])


def control(scene: Scene, path: str, body: Any = None) -> Any:
    return scene.sandbox.request("POST", path, body)


def code_of(scene: Scene, card: str) -> str:
    """The activation code, once the card is delivered."""
    control(scene, f"cards/{card}/ship", {"carrier": "DHL", "trackingNo": "JD01", "status": "delivered"})
    return str(scene.ok("card/activation/code", {"cardId": card})["activationCode"])


def offer(scene: Scene, product: str, *operations: str) -> None:
    """The product offers these operations, and no others."""
    scene.sandbox.request("PATCH", f"cards/products/{product}", {"operations": list(operations)})


EVERYTHING = ("activate", "lock", "unlock", "cancel", "recharge", "password")


# ── activation ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_physical_card_reaches_its_holder(scene: Scene, plastic: str) -> None:
    assert status(scene, plastic) == PENDING
    scene.refused("card/logistics/info", {"cardId": plastic}, 10084)
    control(scene, f"cards/{plastic}/ship", {"carrier": "DHL", "trackingNo": "JD01", "status": "shipped"})
    assert scene.ok("card/activation/code", {"cardId": plastic}) == {"activationCode": None}
    code = code_of(scene, plastic)
    told = scene.ok("card/logistics/info", {"cardId": plastic})
    assert (told["carrier"], told["trackingNo"], told["status"]) == ("DHL", "JD01", "delivered")
    assert [trace["status"] for trace in told["traces"]] == ["delivered", "shipped"]
    scene.ok("card/operate/activate", {"cardId": plastic, "activationCode": code})
    assert status(scene, plastic) == NORMAL
    scene.refused("card/operate/activate", {"cardId": plastic, "activationCode": code}, 10090)


def test_codes_of_activating(scene: Scene, card: str, plastic: str) -> None:
    wrong = {"activationCode": "nothing"}
    scene.refused("card/operate/activate", {"cardId": "1", **wrong}, 10078)
    scene.refused("card/operate/activate", {"cardId": card, **wrong}, 10101)
    scene.refused("card/activation/code", {"cardId": card}, 10101)
    scene.refused("card/operate/activate", {"cardId": plastic}, 10300)
    right = {"cardId": plastic, "activationCode": code_of(scene, plastic)}
    scene.sandbox.fault("issuer.activate", "refuse")
    scene.refused("card/operate/activate", right, 10091)
    for _ in range(5):
        assert scene.call("card/operate/activate", {"cardId": plastic, **wrong}).code == 10104
    scene.refused("card/operate/activate", right, 10091)
    scene.sandbox.advance_clock(QUARTER_S)
    offer(scene, PHYSICAL, "lock")
    until(lambda: scene.call("card/operate/activate", right).code == 10089, "the product's new settings")
    scene.refused("card/activation/code", {"cardId": plastic}, 10089)
    offer(scene, PHYSICAL, *EVERYTHING)
    until(lambda: scene.call("card/operate/activate", right).code == 0, "the product's new settings")


def test_a_card_in_the_making_can_do_nothing_yet(scene: Scene, holder: str) -> None:
    scene.sandbox.fault("issuer.register", "timeout", 1_000)
    order = scene.order(holder, PHYSICAL, extension={"embossName": "A HART"})
    card = {"cardId": str(order["cardId"])}
    for path, more in (
        ("card/operate/activate", {"activationCode": "1"}),
        ("card/activation/code", {}),
        ("card/operate/lock", {}),
        ("card/operate/unlock", {}),
        ("card/operate/cancel", {}),
        ("card/operate/recharge", {"amount": "10"}),
        ("card/password/set", {"password": PIN, "confirmPassword": PIN}),
    ):
        assert scene.call(path, {**card, **more}).code == 10102, path
    assert scene.call("card/sensitive", card).code == 10076
    scene.sandbox.request("DELETE", "faults")
    scene.sandbox.advance_clock(600)
    scene.opened(order["orderNo"])


# ── locking ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_codes_of_locking(scene: Scene, card: str) -> None:
    scene.refused("card/operate/lock", {"cardId": "1"}, 10078)
    scene.refused("card/operate/unlock", {"cardId": card}, 10060)
    scene.sandbox.fault("issuer.lock", "refuse")
    scene.refused("card/operate/lock", {"cardId": card}, 10055)
    scene.ok("card/operate/lock", {"cardId": card, "reason": "lost it"})
    assert status(scene, card) == LOCKED
    scene.refused("card/operate/lock", {"cardId": card}, 10056)
    scene.refused("card/operate/recharge", {"cardId": card, "amount": "10"}, 10048)
    scene.sandbox.fault("issuer.unlock", "refuse")
    scene.refused("card/operate/unlock", {"cardId": card}, 10126)
    for outcome in ("error", "timeout", "unreachable"):
        scene.sandbox.fault("issuer.unlock", outcome)
        assert scene.call("card/operate/unlock", {"cardId": card}).code == 10058
    assert status(scene, card) == LOCKED
    scene.ok("card/operate/unlock", {"cardId": card})
    assert status(scene, card) == NORMAL
    scene.ok("card/operate/cancel", {"cardId": card})
    scene.refused("card/operate/lock", {"cardId": card}, 10057)
    scene.refused("card/operate/unlock", {"cardId": card}, 10059)


def test_operations_taken_out_of_the_product(scene: Scene, holder: str) -> None:
    fixed = scene.card(holder, FIXED)
    scene.refused("card/operate/recharge", {"cardId": fixed, "amount": "10"}, 10049)
    scene.refused("card/password/set", {"cardId": fixed, "password": PIN, "confirmPassword": PIN}, 10086)
    offer(scene, FIXED)
    until(lambda: scene.call("card/operate/lock", {"cardId": fixed}).code == 10090, "the product's new settings")
    scene.refused("card/operate/unlock", {"cardId": fixed}, 10090)
    scene.refused("card/operate/cancel", {"cardId": fixed}, 10090)
    offer(scene, FIXED, "lock", "unlock", "cancel")


# ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cancelled_cards_balance_comes_home(scene: Scene, holder: str) -> None:
    card = scene.recharged_card("80", customer=holder)
    before = scene.available()
    scene.refused("card/operate/cancel", {"cardId": "1"}, 10078)
    scene.sandbox.fault("issuer.cancel", "refuse")
    scene.refused("card/operate/cancel", {"cardId": card}, 10053)
    bought = scene.sandbox.authorize(card, "30", "Corner shop")["transactionId"]
    scene.ok("card/operate/cancel", {"cardId": card, "reason": "no longer needed"})
    assert status(scene, card) == CANCELLING
    scene.refused("card/operate/cancel", {"cardId": card}, 10054)
    scene.sandbox.clear(bought)
    until(lambda: status(scene, card) == CANCELLED, "the card to be cancelled")
    assert (scene.available() - before, scene.balance(card)) == (Decimal("50"), ("0.00", "0.00"))
    bill = scene.bills(card)[0]
    assert (bill["type"], bill["amount"], bill["direction"]) == (REDEMPTION, "50.00", 2)
    scene.refused("card/operate/cancel", {"cardId": card}, 10054)


def test_a_cancellation_is_answered_again(scene: Scene, card: str) -> None:
    request_id = scene.unused("cancel")
    scene.ok("card/operate/cancel", {"cardId": card}, request_id)
    scene.ok("card/operate/cancel", {"cardId": card}, request_id)


def test_cancelling_asks_for_the_verification_password_while_it_is_enabled(scene: Scene, card: str) -> None:
    gone = scene.card(scene.customer(kyc=1))
    scene.ok("card/operate/cancel", {"cardId": gone})
    scene.ok("merchant/verify/password/set", {"password": PIN, "confirmPassword": PIN})
    scene.ok("merchant/verify/password/status", {"enabled": True, "password": PIN})
    try:
        scene.refused("card/operate/cancel", {"cardId": gone}, 10054)
        scene.refused("card/operate/cancel", {"cardId": card}, 10139)
        assert scene.call("card/operate/cancel", {"cardId": card, "verifyPassword": "000000"}).code == 10138
        scene.ok("card/operate/cancel", {"cardId": card, "verifyPassword": PIN})
    finally:
        scene.ok("merchant/verify/password/status", {"enabled": False, "password": PIN})
    assert status(scene, card) == CANCELLED


# ── transaction password ─────────────────────────────────────────────────────────────────────────────────────────


def test_codes_of_the_transaction_password(scene: Scene, card: str) -> None:
    right = {"password": PIN, "confirmPassword": PIN}
    scene.refused("card/password/set", {"cardId": "1", **right}, 10078)
    scene.refused("card/password/set", {"cardId": card, "password": PIN, "confirmPassword": "1"}, 10085)
    answer = scene.refused("card/password/set", {"cardId": card, "password": "12a", "confirmPassword": "12a"}, 10302)
    assert answer.msg == "Parameter 'password' format error"
    scene.sandbox.fault("issuer.pin", "error")
    scene.refused("card/password/set", {"cardId": card, **right}, 10087)
    scene.ok("card/password/set", {"cardId": card, **right})
    scene.ok("card/operate/lock", {"cardId": card})
    scene.refused("card/password/set", {"cardId": card, **right}, 10088)


# ── the operator ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_frozen_card_does_nothing(scene: Scene, card: str) -> None:
    assert control(scene, f"cards/{card}/freeze", {"reason": "stolen"}) == {"cardId": card, "status": FROZEN}
    scene.refused("card/operate/lock", {"cardId": card}, 10090)
    scene.refused("card/operate/unlock", {"cardId": card}, 10060)
    scene.refused("card/operate/cancel", {"cardId": card}, 10090)
    scene.refused("card/operate/recharge", {"cardId": card, "amount": "10"}, 10048)
    with pytest.raises(SandboxRefused):
        control(scene, f"cards/{card}/freeze")
    assert control(scene, f"cards/{card}/unfreeze") == {"cardId": card, "status": NORMAL}


# ── 3-D Secure ───────────────────────────────────────────────────────────────────────────────────────────────────


def challenge(scene: Scene, card: str, mode: str) -> Any:
    asked = {"amount": "12.50", "currency": "USD", "merchantName": "Corner shop", "mode": mode}
    return control(scene, f"cards/{card}/3ds", asked)


def test_codes_of_3d_secure(scene: Scene, card: str, holder: str) -> None:
    another = scene.card(holder)
    otp, confirm = challenge(scene, card, "otp"), challenge(scene, card, "confirm")
    assert confirm["code"] is None
    asked = {"cardId": card, "transactionId": otp["transactionId"]}
    scene.refused("card/3ds/confirm", {**asked, "cardId": "1", "code": otp["code"]}, 10078)
    scene.refused("card/3ds/confirm", {**asked, "cardId": another, "code": otp["code"]}, 10106)
    assert scene.call("card/3ds/confirm", {**asked, "code": "nothing"}).code == 10105
    scene.refused("card/3ds/confirm", {**asked, "transactionId": "1", "code": otp["code"]}, 10105)
    scene.refused("card/3ds/confirm", asked, 10300)
    scene.sandbox.fault("issuer.threeds", "refuse")
    assert scene.call("card/3ds/confirm", {**asked, "code": otp["code"]}).code == 10107
    scene.ok("card/3ds/confirm", {**asked, "code": otp["code"]})
    scene.refused("card/3ds/confirm", {**asked, "code": otp["code"]}, 10108)
    yes_or_no = {"cardId": card, "transactionId": confirm["transactionId"]}
    for silent in ({}, {"approve": None}, {"approve": ""}, {"approve": " "}):
        scene.refused("card/3ds/confirm", yes_or_no | silent, 10300)
    scene.ok("card/3ds/confirm", yes_or_no | {"approve": False})
    late = challenge(scene, card, "otp")
    scene.sandbox.advance_clock(QUARTER_S)
    scene.refused("card/3ds/confirm", {**asked, "transactionId": late["transactionId"], "code": late["code"]}, 10105)


# ── beforehand ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_says_what_registering_answers(scene: Scene, holder: str) -> None:
    for customer in (holder, scene.customer(), scene.customer(kyc=1)):
        listed = scene.ok("card/registerable/list", {"customerNo": customer})
        assert len(listed) == 7
        for row in listed:
            extension = {"embossName": "A HART"} if row["type"] == 2 else {}
            answer = scene.call(
                "card/operate/register", {"cardId": row["cardId"], "customerNo": customer, "extension": extension}
            )
            assert (row["code"], row["msg"], row["eligible"]) == (answer.code, answer.msg, answer.code == 0), row


@pytest.mark.parametrize(("language", "success"), [("en", "Success"), ("zh", "成功"), ("ar", "نجاح")])
def test_the_list_says_it_in_the_language_of_registering(scene: Scene, language: str, success: str) -> None:
    customer = scene.customer(kyc=1)
    listed = asked_in(scene, language, "card/registerable/list", {"customerNo": customer})
    rows = {row["cardId"]: row for row in listed.data}
    answer = asked_in(scene, language, "card/operate/register", {"cardId": STRICT, "customerNo": customer})
    assert (rows[STRICT]["code"], rows[STRICT]["msg"]) == (answer.code, answer.msg)
    assert (listed.msg, rows["V-USD-1"]["msg"]) == (success, success)


def asked_in(scene: Scene, language: str, path: str, params: dict[str, Any]) -> Answer:
    """An answer in a language."""
    request = scene.client.prepare(path, params)
    headers = {**request.headers, "Accept-Language": language}
    return scene.client.read(httpx2.post(request.url, headers=headers, content=request.content))


def test_the_list_describes_each_card(scene: Scene) -> None:
    (row,) = scene.ok("card/registerable/list", {"type": 2})
    assert row["extension"] == [
        {"key": "embossName", "type": "string", "required": True, "options": []},
        {"key": "design", "type": "integer", "required": False, "options": []},
    ]
    assert (row["cardId"], row["type"], row["currency"], row["recharge"]) == (
        PHYSICAL,
        2,
        "USD",
        {"min": "10.00", "max": "5000.00"},
    )
    assert set(row["operations"]) == set(EVERYTHING)
    assert row["rate"]["openFee"] == "1.00"
    assert (row["eligible"], row["code"], row["msg"]) == (None, None, None)
    strict = next(row for row in scene.ok("card/registerable/list") if row["cardId"] == STRICT)
    assert strict["preconditions"] == {
        "email": True,
        "phone": True,
        "age": {"min": 18, "max": 75},
        "kycLevel": 2,
        "documents": [2],
        "phoneRegionsRefused": ["IR", "KP"],
        "documentCountriesRefused": ["IR", "KP", "SY"],
        "customerFields": [],
        "onePerCustomer": True,
    }


def test_codes_of_asking_beforehand(scene: Scene, card: str) -> None:
    scene.refused("card/registerable/list", {"customerNo": "1"}, 10006)
    scene.sandbox.fault("issuer.catalogue", "unreachable")
    scene.refused("card/registerable/list", {}, 10075)
    scene.refused("card/operate/metadata", {"operator": 5, "cardId": "V-NONE"}, 10026)
    scene.refused("card/operate/metadata", {"operator": 2, "cardId": "V-USD-1"}, 10078)
    scene.refused("card/operate/metadata", {"operator": 5, "cardId": "V-USD-1", "customerNo": "1"}, 10006)
    scene.refused("card/operate/metadata", {"operator": 7, "cardId": card}, 10301)


def test_metadata(scene: Scene, card: str) -> None:
    opening = scene.ok("card/operate/metadata", {"operator": 5, "cardId": PHYSICAL, "customerNo": scene.customer()})
    assert opening["parameters"] == [
        {"key": "embossName", "type": "string", "required": True},
        {"key": "design", "type": "integer", "required": False},
    ]
    assert (opening["missing"], opening["fee"]) == (["address", "kycLevel"], "1.000000")
    assert opening["preconditions"] == ["enabled", "open", "address", "kycLevel", "rate", "balance"]
    unlocking = scene.ok("card/operate/metadata", {"operator": 3, "cardId": card})
    assert (unlocking["preconditions"], unlocking["missing"]) == (["offered", "status"], ["status"])
    activating = scene.ok("card/operate/metadata", {"operator": 1, "cardId": card})
    assert activating["parameters"] == [{"key": "activationCode", "type": "string", "required": True}]


# ── what merchants are pushed ────────────────────────────────────────────────────────────────────────────────────


def test_the_pushes_of_a_cards_life(scene: Scene, plastic: str) -> None:
    with WebhookReceiver(scene.client.keys) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        scene.ok("card/operate/activate", {"cardId": plastic, "activationCode": code_of(scene, plastic)})
        scene.load(plastic, "20")
        otp = challenge(scene, plastic, "otp")
        challenge(scene, plastic, "confirm")
        control(scene, f"cards/{plastic}/freeze", {"reason": "stolen"})
        control(scene, f"cards/{plastic}/unfreeze")
        scene.ok("card/operate/cancel", {"cardId": plastic})

        def pushed(name: str, **said: Any) -> Event:
            """Pushes overtake each other, so it is told apart by what it says."""
            wanted = {"cardId": plastic, **said}
            return receiver.wait_for(name, where=lambda detail: wanted.items() <= detail.items())

        assert pushed("MF_MATERIAL_FLOW").detail["status"] == "delivered"
        assert pushed("3DS_OTP").detail["code"] == otp["code"]
        assert "code" not in pushed("3DS_CONFIRM").detail
        assert pushed("CE_EVENT", event="frozen").detail["reason"] == "stolen"
        assert pushed("CE_EVENT", event="unfrozen").detail["reason"] == "by the operator"
        assert (pushed("CC_REDEEM").detail["amount"], pushed("CC_REDEEM").detail["type"]) == ("20.00", REDEMPTION)
        for before, after in ((PENDING, NORMAL), (NORMAL, FROZEN), (FROZEN, NORMAL), (NORMAL, CANCELLING)):
            pushed("CSC_STATUS_CHANGE", before=before, after=after)
        pushed("CSC_STATUS_CHANGE", before=CANCELLING, after=CANCELLED)
        scene.sandbox.request("PUT", "webhooks", {"card": None})
    scene.sandbox.advance_clock(3_600)
    assert otp["code"] not in str(scene.sandbox.webhooks(object_id=plastic)), (
        "the log leaves it out once it has expired"
    )
