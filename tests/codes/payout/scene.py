"""A merchant that pays out, in the words of the payout API.

`ask`, `look`, `upload` and `send` are the calls whose code counts: what they change is on record. `done` and `found`
make the world in which they do.
"""

import base64
import io
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from PIL import Image

from tests.clients.card import Sandbox
from tests.clients.payout import PayoutAnswer, PayoutClient, Prepared
from tests.codes import recording
from tests.codes.world import World
from tests.e2e.install import Install

NOBODY: Final = "1"
"""A number that is nobody's: no customer and no order has it."""
TEST_BANK: Final = {"bankcode": "1174c", "cardno": "5123450000000001", "ibanaccount": "SA0000000000000000000001"}
"""A test account whose owner is approved at once, and which is paid at once."""
REAL_BANK: Final = {"bankcode": "118c3", "cardno": "4539578763621486", "ibanaccount": "SA0380000000608010167519"}
"""An account about which the sandbox knows nothing: its owner and its payments wait for the operator."""
NO_BANK: Final = {"bankcode": "", "cardno": "", "ibanaccount": ""}
NORMAL, REJECTED, BANNED = 1, 2, 3
APPROVED, SENT, PAID = 4, 3, 1
TEST_NUMBER: Final = "512345678"
TEST_CODE: Final = "123456"
WRONG_MAX: Final = 5
"""Wrong one-time passwords that a number bears in an hour."""
MINUTE_S: Final = 60
SOMEBODY_ELSES_KEY: Final = rsa.generate_private_key(65537, 2048)
_numbers = itertools.count(time.time_ns() % 10**7)


def picture() -> bytes:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(content, "PNG")
    return content.getvalue()


PICTURE: Final = picture()


def _shown(prepared: Prepared) -> dict[str, Any]:
    """A request as it is, but for the values of what nobody could send again."""
    fresh = {"V-Api-Key", "V-Timestamp", "V-Nonce-Str", "V-Signature"}
    headers = {name: "…" if name in fresh and value else value for name, value in prepared.headers.items()}
    return {"headers": headers, "body": prepared.content[:80].decode("utf-8", "replace")}


@dataclass
class PayoutScene(World):
    """One merchant of a running install, and what its last counted call did."""

    install: Install
    client: PayoutClient
    sandbox: Sandbox

    # ── the call that counts ─────────────────────────────────────────────────────────────────────────────────────

    def ask(self, path: str, params: Mapping[str, Any] | None = None) -> PayoutAnswer:
        """A POST as a client makes it."""
        return self.watch(path, lambda: self.client.post(path, params))

    def look(self, path: str, params: Mapping[str, Any] | None = None) -> PayoutAnswer:
        """A GET as a client makes it."""
        return self.watch(path, lambda: self.client.get(path, params))

    def code_of(self, path: str, params: Mapping[str, Any]) -> int:
        """What a POST is answered with; nothing is put on record."""
        return self.client.post(path, params).code

    def upload(self, customer: str, content: bytes = PICTURE, **said: str) -> PayoutAnswer:
        """A photo as a client uploads it."""
        fields = {"customid": customer, "type": "identitypic", **said}
        return self.watch("payee/custom/file", lambda: self.client.upload("payee/custom/file", content, fields))

    def send(self, prepared: Prepared) -> PayoutAnswer:
        """A request as it is."""
        path = prepared.url.removeprefix(self.client.keys.base_url + self.client.path(""))

        def sent() -> PayoutAnswer:
            with recording.raw("payout", prepared.method, path, _shown(prepared)) as step:
                answer = self.client.send(prepared)
                step["code"] = answer.code
            return answer

        return self.watch(path, sent)

    def balance_request(self, **headers: str) -> Prepared:
        """A request for the balance with other headers: `V_Api_Version="9"`; what is blank is as good as missing."""
        prepared = self.client.prepare("GET", "merchant/balance")
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(prepared, headers={**prepared.headers, **changed})

    @property
    def public_key(self) -> str:
        """The merchant's, as it is registered."""
        formats = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self.client.keys.merchant_key.public_key().public_bytes(*formats)).decode()

    def stranger(self) -> PayoutClient:
        """A client with the merchant's API key that signs with a key of its own."""
        return PayoutClient(replace(self.client.keys, merchant_key=SOMEBODY_ELSES_KEY))

    # ── calls that must succeed ──────────────────────────────────────────────────────────────────────────────────

    def done(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The data of a POST."""
        answer = self.client.post(path, params)
        assert answer.success, f"{path}: {answer.code} {answer.message}"
        return answer.data

    def found(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The data of a GET."""
        answer = self.client.get(path, params)
        assert answer.success, f"{path}: {answer.code} {answer.message}"
        return answer.data

    def unused(self, word: str = "n") -> str:
        """A text that nobody has used yet."""
        return f"{word}-{next(_numbers)}"

    def number(self) -> str:
        """A Saudi mobile number that nobody has used yet, and that is none of the sandbox's."""
        return f"53{next(_numbers) % 10**7:07}"

    # ── customers ────────────────────────────────────────────────────────────────────────────────────────────────

    def said(self, **said: Any) -> dict[str, Any]:
        """What a merchant says of a new customer."""
        return {
            "mercustomid": self.unused("employee"),
            "name_e": "Huda",
            "name_a": "هدى",
            "identity": "1098765432",
            **TEST_BANK,
            **said,
        }

    def customer(self, **said: Any) -> str:
        """A customer whose photo is missing."""
        return str(self.done("payee/custom/create", self.said(**said))["customid"])

    def by_stc_alone(self, **said: Any) -> dict[str, Any]:
        """What is said of a customer without a bank account."""
        return self.said(**NO_BANK, **{"stcaccount": self.number(), **said})

    def payable(self, **said: Any) -> str:
        """A customer that can be paid: complete, and approved."""
        customer = self.customer(**said)
        answer = self.client.upload("payee/custom/file", PICTURE, {"customid": customer, "type": "identitypic"})
        assert answer.success, answer
        if answer.data["status"] != NORMAL:
            self.decide(customer, NORMAL)
        return customer

    def banned(self) -> str:
        """A customer that an operator has banned."""
        customer = self.payable()
        self.decide(customer, BANNED)
        return customer

    def deleted(self) -> str:
        """A customer that is gone."""
        customer = self.customer()
        self.done("payee/custom/delete", {"customid": customer})
        return customer

    def decide(self, customer: str, status: int) -> None:
        """The operator decides about a customer."""
        self.sandbox.request("POST", f"payees/{customer}/decide", {"status": status})

    def code_sent_to(self, number: str) -> str:
        """The code of the newest message."""
        outbox = self.sandbox.request("GET", "outbox")["outbox"]
        return next(str(message["code"]) for message in outbox if message["to"] == f"+966{number}")

    # ── payment orders ───────────────────────────────────────────────────────────────────────────────────────────

    def ticket(self, customer: str, **said: Any) -> dict[str, Any]:
        """A payment as a merchant orders it."""
        asked = {"customid": customer, "payeeuid": self.unused("salary"), "amount": "12.50", "currency": "SAR"}
        return {**asked, "paymentmethod": "bankTransfer", **said}

    def order(self, customer: str | None = None, *decisions: int) -> Any:
        """An order that waits, then decided upon: APPROVED, SENT, PAID."""
        customer = customer or self.payable(**REAL_BANK)
        order = self.done("payee/payCustomTicket/create", self.ticket(customer))
        for status in decisions:
            self.sandbox.request("POST", f"payouts/{order['ticketid']}/decide", {"status": status})
        return order

    # ── one-time passwords ───────────────────────────────────────────────────────────────────────────────────────

    def otp(self, number: str | None = None) -> dict[str, str]:
        """One that was sent, as `checkOtp` takes it."""
        number = number or self.number()
        session = self.done("otp/sendOtp", {"mobile": number, "appname": "Demo"})["sessionid"]
        return {"mobile": number, "sessionid": session, "code": self.code_sent_to(number)}

    def wrong(self, otp: Mapping[str, str]) -> dict[str, str]:
        """The same with another code."""
        return {**otp, "code": f"{(int(otp['code']) + 1) % 10**6:06}"}

    def tried(self, otp: Mapping[str, str]) -> Iterator[int]:
        """Codes that as many wrong ones as a number bears are answered with."""
        return (self.client.post("otp/checkOtp", self.wrong(otp)).code for _ in range(WRONG_MAX))
