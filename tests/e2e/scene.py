"""A merchant and the world around it, in the words of the business."""

import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from PIL import Image

from tests.clients.card import Answer, CardClient, Sandbox

from .install import Install, changes, until

T = TypeVar("T")

PRODUCT = "V-USD-1"
PROCESSING, SUCCEEDED, FAILED = 2, 3, 4
AWAITING_PAYMENT = 1
FRONT, BACK, SELFIE = 1, 2, 3
PASSPORT, SELFIE_CREDENTIAL = 2, 3
_serial = itertools.count(1)


def picture() -> bytes:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    return content.getvalue()


PICTURE = picture()


def all_at_once(calls: Sequence[Callable[[], T]], *, most: int = 50) -> list[T]:
    """What each of the calls answers, made from as many threads."""
    with ThreadPoolExecutor(min(most, len(calls))) as threads:
        return [pending.result() for pending in [threads.submit(call) for call in calls]]


@dataclass
class Scene:
    """One merchant of a running install."""

    install: Install
    client: CardClient
    sandbox: Sandbox
    _names: Iterator[int] = field(default_factory=lambda: _serial)

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, path: str, params: Mapping[str, Any] | None = None, request_id: str | None = None) -> Answer:
        """Any call of the API."""
        return self.client.call(path, params, request_id)

    def ok(self, path: str, params: Mapping[str, Any] | None = None, request_id: str | None = None) -> Any:
        """The data of a call that must succeed."""
        answer = self.call(path, params, request_id)
        assert answer.code == 0, f"{path}: {answer.code} {answer.msg}"
        return answer.data

    def unused(self, word: str = "n") -> str:
        """A text that nobody has used yet."""
        return f"{word}-{next(self._names)}"

    # ── people and cards ─────────────────────────────────────────────────────────────────────────────────────────

    def customer(self, *, kyc: int = 0, **said: Any) -> str:
        """A customer who has proven so much."""
        params = {"givenName": "Amelia", "lastName": "Hart", "birthday": "1990-05-17", **said}
        customer_no: str = self.ok("customer/add", params)["customerNo"]
        if kyc >= 1:
            self.verified(customer_no, PASSPORT, FRONT)
        if kyc >= 2:
            self.verified(customer_no, SELFIE_CREDENTIAL, SELFIE)
        return customer_no

    def verified(self, customer_no: str, credential: int, photo: int) -> None:
        """The customer proves this with a photo."""
        file_id = self.client.upload(PICTURE, photo).data["fileId"]
        asked = {"customerNo": customer_no, "credentialType": credential, "nationality": "GB", "frontPhoto": file_id}
        self.ok("customer/kyc/submit", asked)
        self.sandbox.decide_kyc(customer_no, "approved")

    def card(self, customer: str | None = None, product: str = PRODUCT, **said: Any) -> str:
        """A card as the issuer has made it."""
        order = self.order(customer, product, **said)
        return str(self.opened(order["orderNo"])["cardId"])

    def order(self, customer: str | None = None, product: str = PRODUCT, **said: Any) -> Any:
        """An order to open a card."""
        asked = {"cardId": product, "customerNo": customer or self.customer(kyc=1), **said}
        return self.ok("card/operate/register", asked)

    def opened(self, order_no: str) -> Any:
        """The opening order once it has ended well."""
        return self.ended("card/order/info", order_no, SUCCEEDED)

    def ended(self, path: str, order_no: str, status: int) -> Any:
        """An order as soon as it has a status."""

        def there() -> Any:
            order = self.ok(path, {"orderNo": order_no, **({"type": 6} if path.endswith("progress") else {})})
            return order if order["status"] == status else None

        return until(there, f"order {order_no} to have status {status}")

    def recharge_ended(self, order_no: str, status: int = SUCCEEDED) -> Any:
        """A recharge order as soon as it has a status."""
        return self.ended("card/operate/progress", order_no, status)

    def recharge(self, card: str, amount: str, **said: Any) -> Any:
        """A recharge that is accepted."""
        return self.ok("card/operate/recharge", {"cardId": card, "amount": amount, **said})

    def recharged_card(self, amount: str = "100", **said: Any) -> str:
        """A card with money on it."""
        card = self.card(**said)
        self.load(card, amount)
        return card

    def load(self, card: str, amount: str) -> None:
        """Money arrives on a card."""
        self.recharge_ended(self.recharge(card, amount)["orderNo"])

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────

    def account(self, coin: str = "USDT") -> tuple[Decimal, Decimal]:
        """What the merchant can spend, and what is frozen."""
        row = self.ok("merchant/asset", {"currency": coin})[0]
        return Decimal(row["balance"]), Decimal(row["frozen"])

    def available(self) -> Decimal:
        """USDT that the merchant can spend."""
        return self.account()[0]

    def balance(self, card: str) -> tuple[str, str]:
        """What is available and held on a card."""
        found = self.ok("card/balance", {"cardId": card})
        return found["available"], found["held"]

    def bills(self, card: str, **which: Any) -> list[dict[str, Any]]:
        """What happened on a card, newest first."""
        found: list[dict[str, Any]] = self.ok("card/bill/list", {"cardId": card, "pageSize": 50, **which})["list"]
        return found

    def check_books(self) -> None:
        """Everything recomputed from the entries agrees."""
        proof = self.sandbox.check_ledger()
        assert proof["differences"] == []
        assert proof["balanced"] is True

    # ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        """No row, balance, job or webhook differs afterwards."""
        self.install.settled()
        before, jobs = self.install.snapshot(), self.install.jobs()
        yield
        assert changes(before, self.install.snapshot()) == []
        assert self.install.jobs() <= jobs, "no new work; what was planned before may have ended meanwhile"

    def refused(self, path: str, params: Mapping[str, Any], code: int, request_id: str | None = None) -> Answer:
        """The call has this code and changes nothing."""
        with self.nothing_changes():
            answer = self.call(path, params, request_id)
        assert (answer.code, answer.data) == (code, None), f"{answer.code} {answer.msg}"
        return answer
