"""A request with several faults hears of the first one in the published order. Each row mends the one before."""

import base64
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from tests.clients.payout import PayoutClient
from tests.codes.faulty import NOTHING, Faulty

from .scene import APPROVED, NO_BANK, NOBODY, REAL_BANK, PayoutScene

CREATE_ORDER, RAPID, CREATE_CUSTOMER = (
    "payee/payCustomTicket/create",
    "payee/payCustomTicket/rapid",
    "payee/custom/create",
)
WRONG_IBAN = "SA0380000000608010167518"
GARBAGE = base64.b64encode(bytes(256)).decode()


@dataclass
class BadRequest:
    """A request with everything wrong with it; `mended` names what no longer is."""

    scene: PayoutScene
    used_nonce: str
    mended: set[str] = field(default_factory=set)

    def settings(self) -> dict[str, Any]:
        """What is wrong on the merchant's side."""
        wrong = self.mended.isdisjoint
        return {
            "rate_limits": {
                "per_address": 0 if wrong({"rate of the address"}) else 2_000,
                "per_key": 0 if wrong({"rate of the key"}) else 1_000,
            },
            "payout_public_key": None if wrong({"merchant's key"}) else self.scene.public_key,
            "ip_allow_list": ["203.0.113.7"] if wrong({"source address"}) else None,
        }

    def code(self) -> int:
        """Send it, signed over what is sent."""
        wrong, client = self.mended.isdisjoint, self.scene.client
        sealed = client.sealed(self.params())
        prepared = client.prepare_raw(
            "POST", CREATE_CUSTOMER, {**sealed, "identity": GARBAGE} if wrong({"sealing"}) else sealed
        )
        signer: PayoutClient = self.scene.stranger() if wrong({"signature"}) else client
        nonce = self.used_nonce if wrong({"nonce"}) else secrets.token_hex(16)
        timestamp = int(time.time()) - (301 if wrong({"timestamp"}) else 0)
        url = client.path(CREATE_CUSTOMER)
        headers = signer.signed_headers("POST", url, prepared.content.decode(), timestamp=timestamp, nonce=nonce)
        prepared.headers.update(headers, **self.spoilt_headers())
        return client.send(prepared).code

    def spoilt_headers(self) -> dict[str, str]:
        """Headers that are still wrong; what is blank is as good as missing."""
        spoilt = {
            "user agent": ("User-Agent", ""),
            "version": ("V-Api-Version", "9"),
            "header": ("V-Nonce-Str", ""),
            "form": ("V-Timestamp", "noon"),
        }
        headers = {name: value for fault, (name, value) in spoilt.items() if fault not in self.mended}
        # The merchant's limit for addresses is known by its key, so the key is right for the first row.
        if "rate of the address" in self.mended and "key" not in self.mended:
            headers["V-Api-Key"] = "" if "key missing" not in self.mended else "nobody"
        return headers

    def params(self) -> dict[str, Any]:
        """Of the customer; one is missing, one is wrong."""
        name = {"name_e": ""} if "parameter missing" not in self.mended else {}
        return self.scene.said(**name, autoapproval=1 if "parameter" in self.mended else 2)


GATE = (
    ("rate of the address", 1212),
    ("user agent", 1211),
    ("key missing", 1200),
    ("header", 1208),
    ("form", 1209),
    ("version", 1210),
    ("key", 1201),
    ("merchant's key", 1202),
    ("source address", 1205),
    ("timestamp", 1204),
    ("signature", 1213),
    ("nonce", 1209),
    ("rate of the key", 1212),
    ("sealing", 1203),
    ("parameter missing", 1305),
    ("parameter", 1103),
)


def test_the_gate(scene: PayoutScene):
    used = scene.balance_request()
    assert scene.client.send(used).success
    bad, told = BadRequest(scene, used.headers["V-Nonce-Str"]), []
    with scene.merchant(rate_limits={}, payout_public_key=scene.public_key, ip_allow_list=None):
        for fault, _ in GATE:
            scene.sandbox.request("PATCH", "merchant", bad.settings())
            told.append((fault, bad.code()))
            bad.mended.add(fault)
        assert told == list(GATE)
        assert bad.code() == 200


def test_registering_a_customer(scene: PayoutScene):
    taken = scene.said()
    scene.done(CREATE_CUSTOMER, taken)

    def settings(**change: Any) -> None:
        scene.sandbox.request("PATCH", "merchant", change)

    asked = Faulty(scene, CREATE_CUSTOMER, {"autoapproval": 2, "mobile": "0501", "otpappname": "Nobody"})
    with scene.merchant(product_names=[], quotas={"payees": 0}):
        asked.answers(
            [
                (NOTHING, 1102),
                ({"mercustomid": taken["mercustomid"]}, 1305),
                ({"name_e": "Huda", "name_a": "هدى"}, 1102),
                ({"identity": "1098765432"}, 1103),
                ({"autoapproval": 1}, 1303),
                ({"cardno": "12", "ibanaccount": WRONG_IBAN, "stcaccount": "412345678"}, 1306),
                ({"bankcode": "nobody"}, 1304),
                ({"bankcode": REAL_BANK["bankcode"]}, 1304),
                ({"cardno": REAL_BANK["cardno"]}, 1304),
                ({"ibanaccount": REAL_BANK["ibanaccount"]}, 1307),
                ({"stcaccount": scene.number()}, 1313),
                ({"mobile": "+966501234567"}, 1603),
                (lambda: settings(product_names=["Bursar", "Demo"]), 1604),
                ({"otpappname": "Demo"}, 1302),
                ({"mercustomid": scene.unused()}, 1001),
                (lambda: settings(quotas={"payees": 1_000_000}), 200),
            ]
        )


def test_changing_a_customer(scene: PayoutScene):
    customer, banned = scene.customer(), scene.banned()
    asked = Faulty(
        scene,
        "payee/custom/update",
        {
            "updated_at": 1,
            "cardno": "12",
            "mobile": "0501",
            **dict.fromkeys(("name_e", "bankcode"), ""),
        },
    )
    asked.answers(
        [
            (NOTHING, 1102),
            ({"customid": "12x"}, 1207),
            ({"customid": NOBODY}, 1101),
            ({"customid": scene.deleted()}, 1207),
            ({"customid": banned}, 1300),
            ({"customid": customer}, 1311),
            ({"updated_at": None}, 1305),
            ({"name_e": "Huda"}, 1306),
            ({"bankcode": "1174c"}, 1304),
            ({"cardno": "5123450000000001"}, 1313),
            ({"mobile": "+966501234567"}, 200),
        ]
    )


def test_ordering_a_payment(scene: PayoutScene):
    by_stc = scene.payable(**NO_BANK, stcaccount=scene.number())
    abroad, home = {"address": "Riyadh", "swiftcode": "RIBLSARI"}, scene.payable()
    taken = scene.ticket(home)
    scene.done(CREATE_ORDER, taken)

    def thawed() -> None:
        scene.sandbox.request("PATCH", "merchant", {"payout_accounts": {"KWD": {"status": "active"}}})

    asked = Faulty(scene, CREATE_ORDER, {"customid": "12x", "amount": "ten"})
    with scene.merchant(payout_accounts={"KWD": {"status": "frozen"}}):
        asked.answers(
            [
                (NOTHING, 1102),
                ({"payeeuid": taken["payeeuid"], "currency": "USD", "paymentmethod": "cash"}, 1207),
                ({"customid": NOBODY}, 1103),
                ({"amount": "0"}, 1407),
                ({"currency": "KWD"}, 1403),
                ({"paymentmethod": "STCPay"}, 1403),
                ({"paymentmethod": "bankTransfer"}, 1404),
                ({"amount": "100000000.0001"}, 1103),
                ({"amount": "100000000"}, 1401),
                ({"payeeuid": scene.unused()}, 1101),
                ({"customid": scene.deleted()}, 1207),
                ({"customid": scene.customer()}, 1300),
                ({"customid": by_stc}, 1303),
                ({"customid": home}, 1312),
                ({"customid": scene.payable(**abroad)}, 1405),
                (thawed, 1402),
                ({"amount": "1.001"}, 200),
            ]
        )


def test_paying_at_once(scene: PayoutScene):
    abroad, banned, deleted = {"address": "Riyadh", "swiftcode": "RIBLSARI"}, scene.banned(), scene.deleted()
    taken = scene.ticket(scene.payable())
    scene.done(CREATE_ORDER, taken)

    def settings(**change: Any) -> None:
        scene.sandbox.request("PATCH", "merchant", change)

    asked = Faulty(scene, RAPID, {"customid": NOBODY, "amount": "0", "mobile": "0501"})
    with scene.merchant(payout_accounts={"KWD": {"status": "frozen"}}, quotas={"payees": 0}):
        asked.answers(
            [
                (NOTHING, 1102),
                ({"payeeuid": taken["payeeuid"], "currency": "USD", "paymentmethod": "cash"}, 1407),
                ({"currency": "KWD"}, 1403),
                ({"paymentmethod": "bankTransfer"}, 1404),
                ({"amount": "100000000"}, 1401),
                ({"payeeuid": scene.unused()}, 1305),
                ({"name_e": "Huda", "name_a": "هدى"}, 1303),
                ({"ibanaccount": WRONG_IBAN}, 1306),
                ({"bankcode": REAL_BANK["bankcode"]}, 1304),
                ({"ibanaccount": REAL_BANK["ibanaccount"]}, 1313),
                ({"mobile": "+966501234567"}, 1101),
                ({"customid": deleted}, 1207),
                ({"customid": banned}, 1300),
                ({"customid": None, "mercustomid": scene.unused()}, 1312),
                (abroad, 1405),
                (lambda: settings(payout_accounts={"KWD": {"status": "active"}}), 1402),
                ({"amount": "1"}, 1001),
                (lambda: settings(quotas={"payees": 1_000_000}), 200),
            ]
        )


def test_cancelling(scene: PayoutScene):
    order = scene.order(None, APPROVED)
    ended = scene.order(None)
    scene.done("payee/payCustomTicket/cancel", {"ticketid": ended["ticketid"]})
    with scene.fault("bank.cancel"):
        Faulty(scene, "payee/payCustomTicket/cancel").answers(
            [
                (NOTHING, 1102),
                ({"ticketid": "12x"}, 1207),
                ({"ticketid": NOBODY}, 1101),
                ({"ticketid": ended["ticketid"]}, 1406),
                ({"ticketid": order["ticketid"]}, 1005),
                (NOTHING, 200),
            ]
        )


def test_uploading_a_photo(scene: PayoutScene):
    customer = scene.customer()

    def code(content: bytes, **said: str) -> int:
        fields = {"md5": "0" * 32, "type": "selfie", "customid": customer, **said}
        return scene.client.upload("payee/custom/file", content, fields).code

    right: dict[str, str] = {"type": "identitypic"}
    told = [
        code(b"no picture", customid=""),
        code(b"no picture"),
        code(b"no picture", **right, customid=NOBODY),
        code(b"no picture", **right, customid=scene.banned()),
        code(b"no picture", **right),
        scene.client.upload("payee/custom/file", b"no picture", {"customid": customer, **right}).code,
    ]
    assert told == [1103, 1103, 1101, 1300, 1501, 1500]


def test_sending_and_checking_one_time_passwords(scene: PayoutScene):
    otp = scene.otp()
    asked = Faulty(scene, "otp/sendOtp", {"type": "mail", "appname": "Nobody"})
    with scene.merchant(product_names=[]), scene.fault("sms.send", "refuse"):
        asked.answers(
            [
                (NOTHING, 1102),
                ({"mobile": "412345678"}, 1612),
                ({"mobile": otp["mobile"]}, 1605),
                ({"type": "stcpay"}, 1603),
                (lambda: scene.sandbox.request("PATCH", "merchant", {"product_names": ["Demo"]}), 1604),
                ({"appname": "Demo"}, 1611),
                ({"mobile": scene.number()}, 1600),
                (NOTHING, 200),
            ]
        )
    used = scene.otp()
    scene.done("otp/checkOtp", used)
    wrong = scene.wrong(otp)
    Faulty(scene, "otp/checkOtp", {"sessionid": "f" * 32, "mobile": scene.number()}).answers(
        [
            (NOTHING, 1102),
            ({"code": "12345"}, 1103),
            ({"code": wrong["code"]}, 1610),
            ({"sessionid": used["sessionid"]}, 1608),
            ({"mobile": used["mobile"]}, 1607),
            ({"sessionid": otp["sessionid"], "mobile": otp["mobile"]}, 1609),
            (lambda: list(scene.tried(otp)), 1606),
            ({"code": otp["code"]}, 1606),
        ]
    )
