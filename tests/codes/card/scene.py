"""The world in which a code is brought about: a merchant's client, the control API, the clock.

What a case changes about the world for all (a product, the merchant's settings, faults, the time) it changes for as
long as a `with` lasts. `ask`, `upload` and `send` are the calls whose code counts: what they change is on record.
"""

import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from tests.clients.card import API, Answer
from tests.codes import recording
from tests.codes.world import ALWAYS, World
from tests.e2e.scene import BACK, FAILED, FRONT, PASSPORT, PICTURE, Scene, all_at_once

NOBODY: Final = "1"
"""A number that is nobody's: no customer, card, group, order or file has it."""
PASSWORD: Final = "246810"
"""The merchant's verification password, once there is one."""
WRONG_PASSWORD: Final = "135791"
WRONG_IN_A_ROW: Final = 5
"""So many wrong codes or passwords are each called wrong; the next try is locked out."""
LOCKED_OUT_S: Final = 15 * 60
ID_CARD: Final = 1
ASKED_AGAIN_WITHIN_S: Final = 600
"""When due work that could not be done is tried again, at the latest."""
TWINS: Final = 4
"""How many send the same request at once."""
NO_FEES: Final = {"openFee": "0", "monthlyFee": "0", "rechargeRate": "0", "rechargeFeeMin": "0"}
HOME: Final = {
    "name": "Amelia Hart",
    "countryId": 840,
    "provinceId": int("USCA", 36),
    "postalCode": "94105",
    "address": "535 Mission St, Floor 12",
}
_numbers = itertools.count(time.time_ns() % 10**8)


@dataclass
class CodeScene(Scene, World):
    """One merchant of a running install, and what its last counted call did."""

    # ── the call that counts ─────────────────────────────────────────────────────────────────────────────────────

    def ask(self, path: str, params: Mapping[str, Any] | None = None, request_id: str | None = None) -> Answer:
        """A call as a client makes it."""
        return self.watch(path, lambda: self.client.call(path, params, request_id))

    def code_of(self, path: str, params: Mapping[str, Any]) -> int:
        """What a call is answered with; nothing is put on record."""
        return self.call(path, params).code

    def upload(self, content: bytes, file_type: int = FRONT) -> Answer:
        """An upload as a client makes it."""
        return self.watch("common/file/upload", lambda: self.client.upload(content, file_type))

    def upload_picture(self) -> Answer:
        """An upload of a picture that is in order."""
        return self.upload(PICTURE)

    def twins(self, content: bytes, request_id: str) -> Answer:
        """The same upload from several sides at once; what one of those was told that came second."""

        def one() -> Answer:
            return self.client.upload(content, FRONT, request_id=request_id)

        def all_of_them() -> Answer:
            return max(all_at_once([one] * TWINS), key=lambda answer: answer.code)

        return self.watch("common/file/upload", all_of_them)

    def send(
        self,
        path: str,
        content: bytes = b"{}",
        *,
        signed: str = "",
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any bytes under any headers; `signed` is what the signature covers."""
        said = {**self.client.signed_headers(API + path, signed), **(headers or {})}
        url = f"{self.client.keys.base_url}{API}{path}"

        def sent() -> Answer:
            shown = {"headers": headers or {}, "body": content[:80].decode("utf-8", "replace")}
            with recording.raw("card", method, path, shown) as step:
                answer = self.client.read(httpx2.request(method, url, headers=said, content=content, timeout=30.0))
                step["code"] = answer.code
            return answer

        return self.watch(path, sent)

    # ── the world, for a while ───────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def pool(self, coin: str = "USDT", chain: str = "ethereum", **settings: Any) -> Iterator[None]:
        """A coin on a chain has other settings."""
        yield from self.patched(f"wallet/pools/{coin}/{chain}", settings, {})

    @contextmanager
    def wallet_limits(self, least: str, most: str, coin: str = "USDT") -> Iterator[None]:
        """The merchant's own limits on withdrawals."""
        limits = {"withdrawMin": least, "withdrawMax": most}
        self.sandbox.request("PATCH", "merchant", {"wallet_limits": {coin: limits}})
        try:
            yield
        finally:
            self.sandbox.request("PATCH", "merchant", {"wallet_limits": {coin: None}})

    def deposit_address(self, coin: str = "USDT", chain: str = "ethereum") -> str:
        """An address of the merchant's own."""
        asked = {"coinId": coin, "chainId": chain, "quantity": 1}
        return str(self.ok("wallet/address/apply", asked)["addresses"][0])

    def unused_address(self) -> str:
        """An address that was in no request yet."""
        return f"0x{next(_numbers):040d}"

    @contextmanager
    def product(self, card_id: str, **settings: Any) -> Iterator[None]:
        """A registerable card has other settings."""
        yield from self.patched(f"cards/products/{card_id}", settings, {})

    @contextmanager
    def asking_for_the_password(self) -> Iterator[None]:
        """The verification password is set and enabled."""
        self.has_password()
        self.ok("merchant/verify/password/status", {"enabled": True, "password": PASSWORD})
        try:
            yield
        finally:
            self.ok("merchant/verify/password/status", {"enabled": False, "password": PASSWORD})

    @contextmanager
    def password_locked(self) -> Iterator[None]:
        """Five wrong passwords in a row were given; afterwards the lock is over and the row is broken."""
        self.has_password()
        wrong = {"oldPassword": WRONG_PASSWORD, "newPassword": "975310", "confirmPassword": "975310"}
        try:
            for _ in range(WRONG_IN_A_ROW):
                self.call("merchant/verify/password/update", wrong)
            yield
        finally:
            self.later(LOCKED_OUT_S)
            self.call("merchant/verify/password/status", {"enabled": False, "password": PASSWORD})

    @contextmanager
    def wrong_passwords(self) -> Iterator[None]:
        """Five wrong ones in a row were given; afterwards the lock is over and the row is broken."""
        wrong = {"oldPassword": WRONG_PASSWORD, "newPassword": "975310", "confirmPassword": "975310"}
        for _ in range(WRONG_IN_A_ROW):
            self.call("merchant/verify/password/update", wrong)
        try:
            yield
        finally:
            self.later(LOCKED_OUT_S)
            self.call("merchant/verify/password/status", {"enabled": True, "password": PASSWORD})

    def has_password(self) -> None:
        """The verification password is set, whoever set it first, and not enabled; no wrong tries count."""
        answer = self.call("merchant/verify/password/set", {"password": PASSWORD, "confirmPassword": PASSWORD})
        assert answer.code in (0, 10130), answer
        answer = self.call("merchant/verify/password/status", {"enabled": False, "password": PASSWORD})
        assert answer.code == 10133, answer

    # ── groups and rates ─────────────────────────────────────────────────────────────────────────────────────────

    def group(self, *, rate: str | None = None) -> str:
        """A new customer group."""
        group_no = str(self.ok("customer/group/add", {"name": self.unused("group")})["groupNo"])
        if rate is not None:
            self.ok("card/rate/group/add", {"rateNo": rate, "groupNo": group_no})
        return group_no

    def default_group(self) -> str:
        """The group that was made with the merchant."""
        return str(self.ok("merchant/info")["defaultGroupNo"])

    def rate(self, **terms: str) -> str:
        """A new card rate without fees, but for `terms`."""
        asked = {"name": self.unused("rate"), "details": self.rate_rows(**terms)}
        return str(self.ok("card/rate/add", asked)["rateNo"])

    def rate_rows(self, **terms: str) -> list[dict[str, str]]:
        """One row for each registerable card."""
        products = self.ok("card/registerable/list")
        return [{"cardId": product["cardId"], **NO_FEES, **terms} for product in products]

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def email(self) -> str:
        """An address that nobody has."""
        return f"{self.unused('amelia')}@example.com"

    def phone(self, area: str = "+44") -> dict[str, str]:
        """A mobile number that nobody has, of the United Kingdom or of Iran."""
        return {"globalCode": area, "phone": f"{'91' if area == '+98' else '74'}{next(_numbers) % 10**8:08}"}

    def bound(self, customer_no: str, *, email: bool = True, phone: str | None = "+44") -> None:
        """The customer's email and a phone of that area are bound."""
        if email:
            address = {"email": self.email()}
            code = self.sent_code(customer_no, 1, **address)
            self.ok("customer/email/bind", {"customerNo": customer_no, **address, "code": code})
        if phone:
            number = self.phone(phone)
            code = self.sent_code(customer_no, 2, **number)
            self.ok("customer/phone/bind", {"customerNo": customer_no, **number, "code": code})

    def sent_code(self, customer_no: str, channel: int, **to: str) -> str:
        """The code that was sent to bind an email (1) or a phone (2)."""
        self.ok("customer/code/send", {"customerNo": customer_no, "channel": channel, **to})
        return str(self.sandbox.request("GET", "outbox")["outbox"][0]["code"])

    def strict_customer(self, *, kyc: int = 2, email: bool = True, phone: str | None = "+44", **said: Any) -> str:
        """Somebody who may have a V-USD-STRICT, unless it is said otherwise."""
        customer = self.customer(kyc=kyc, **said)
        self.bound(customer, email=email, phone=phone)
        return customer

    # ── documents ────────────────────────────────────────────────────────────────────────────────────────────────

    def photo(self, file_type: int = FRONT) -> str:
        """A picture that was just uploaded."""
        return str(self.client.upload(PICTURE, file_type).data["fileId"])

    def passport(self, customer_no: str, **said: Any) -> dict[str, Any]:
        """A passport to be verified by, complete but for what is said."""
        asked = {"customerNo": customer_no, "credentialType": PASSPORT, "nationality": "GB"}
        return {**asked, **({} if "frontPhoto" in said else {"frontPhoto": self.photo()}), **said}

    def id_card(self, customer_no: str, **said: Any) -> dict[str, Any]:
        """An ID card with both sides."""
        return self.passport(customer_no, **{"credentialType": ID_CARD, "backPhoto": self.photo(BACK), **said})

    def decided(self, submission: Mapping[str, Any], result: str = "approved") -> None:
        """The verification is handed in and decided."""
        self.ok("customer/kyc/submit", submission)
        self.sandbox.decide_kyc(submission["customerNo"], result)

    # ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────

    def physical_card(self, *, activation_code: bool = False) -> str:
        """A physical card that waits for its activation; with its code, it is delivered."""
        customer = self.customer(kyc=1, address=HOME)
        card = self.card(customer, "P-USD-1", extension={"embossName": "AMELIA HART"})
        if activation_code:
            shipped = {"carrier": "DHL", "trackingNo": "JD014600", "status": "delivered"}
            self.sandbox.request("POST", f"cards/{card}/ship", shipped)
        return card

    def activation_code(self, card: str) -> str:
        """What is printed on the letter."""
        return str(self.ok("card/activation/code", {"cardId": card})["activationCode"])

    def locked_card(self, product: str = "V-USD-1") -> str:
        """A card that the merchant has locked."""
        card = self.card(product=product)
        self.ok("card/operate/lock", {"cardId": card})
        return card

    def cancelled_card(self) -> str:
        """A card that the merchant has cancelled."""
        card = self.card()
        self.ok("card/operate/cancel", {"cardId": card})
        return card

    @contextmanager
    def card_under_way(self, product: str = "V-USD-1", **said: Any) -> Iterator[str]:
        """A card whose issuer does not answer yet; afterwards it does."""
        with self.fault("issuer.register", "unreachable", ALWAYS):
            order = self.order(None, product, **said)
            yield str(order["cardId"])
        self.later(ASKED_AGAIN_WITHIN_S)
        self.opened(order["orderNo"])

    def failed_order(self, kind: str) -> str:
        """An order, `opening` or `recharge`, that the issuer has refused."""
        card = self.card() if kind == "recharge" else ""
        with self.fault("issuer.recharge" if card else "issuer.register"):
            order = self.recharge(card, "25") if card else self.order()
            path = "card/operate/progress" if card else "card/order/info"
            return str(self.ended(path, order["orderNo"], FAILED)["orderNo"])

    def challenge(self, card: str, mode: str = "otp") -> dict[str, str]:
        """A shop asks for 3-D Secure; with a code in the mode `otp`."""
        asked = {"amount": "12.50", "merchantName": "Shop", "mode": mode}
        told: dict[str, str] = self.sandbox.request("POST", f"cards/{card}/3ds", asked)
        return told
