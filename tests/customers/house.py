"""A merchant with everything that stands around its customers, on a real database, for tests."""

from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import LiteralString, cast

from PIL import Image

from bursar.cards.assembly import build_cards
from bursar.customers.assembly import build_customers
from bursar.customers.kyc.model import Decision, NewVerification, front_purpose
from bursar.customers.model import Customer, DocumentKind, NewCustomer, Profile
from bursar.db.database import Database
from bursar.files.purposes import FilePurpose
from bursar.files.service import Files
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.merchants.assembly import build_merchants
from bursar.merchants.model import MerchantChange
from bursar.merchants.service import NewMerchant
from bursar.messages.assembly import build_messages
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from bursar.sandbox.faults import PlantedFault
from tests.ground import MASTER_KEY, outside_of

MERCHANT = 1
WATCHED = (
    "customer_group",
    "customer",
    "customer_count",
    "kyc",
    "file",
    "card_product",
    "card_rate",
    "card_rate_detail",
    "ledger_operation",
    "job",
    "webhook_delivery",
)


@dataclass
class House:
    """One process of ours, as merchant 1 meets it."""

    database: Database
    ids: Ids
    clock: ManualClock
    folder: Path
    name: str = "a"
    _keys: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.sandbox = Sandbox.of(self.database)
        self.ground = self.sandbox.ground(self.ids, self.clock, MASTER_KEY)
        self.ledger, self.vault = self.ground.ledger, self.ground.vault
        self.faults = self.sandbox.faults
        self.outside = outside = outside_of(self.ground, self.sandbox, self.folder)
        self.merchant_room = build_merchants(self.ground)
        self.merchants = self.merchant_room.merchants
        self.files = Files(self.ground, outside.storage)
        self.messages = build_messages(self.ground, outside.mail, outside.sms)
        self.customer_room = build_customers(self.ground, self.merchants, self.files, self.messages, outside.verifier)
        self.groups, self.customers, self.kyc = (
            self.customer_room.groups,
            self.customer_room.customers,
            self.customer_room.kyc,
        )
        self.card_room = build_cards(self.ground, self.customer_room, outside.issuer, outside.issuer_catalogue)
        self.catalogue, self.rates = self.card_room.catalogue, self.card_room.rates

    def ctx(self, key: str | None = None) -> Context:
        """A request; a new one unless its key is named."""
        return Context(MERCHANT, self.clock, key or f"{self.name}-{next(self._keys)}", "test")

    async def open(self) -> None:
        """The merchant, its default group, the catalogue and the default rate."""
        new = NewMerchant("Demo", ("card",), "key", "secret", "public", (Money.zero("USDT"),))
        await self.merchants.add(self.ctx(), new)
        self.default_group = await self.groups.add_default(self.ctx())
        for product in SANDBOX_PRODUCTS:
            await self.catalogue.add(self.ctx(), product)
        self.default_rate = await self.rates.add_default(self.ctx())

    async def group(self, name: str = "Gold") -> int:
        """One more group."""
        return await self.groups.add(self.ctx(), name, None)

    async def customer(self, **said: object) -> int:
        """A new customer."""
        return await self.customers.add(self.ctx(), new_customer(**said))

    async def read(self, customer_id: int) -> Customer:
        """How the customer stands."""
        return await self.customers.get(self.ctx(), customer_id)

    async def photo(self, purpose: FilePurpose) -> int:
        """An uploaded photo."""
        return await self.files.upload(self.ctx(), png(), purpose)

    async def verification(
        self, customer_id: int, credential: DocumentKind = DocumentKind.PASSPORT, **said: object
    ) -> NewVerification:
        """What is handed in about a customer, complete, with its photos uploaded."""
        front = front_purpose(credential)
        photos = {
            front: await self.photo(front),
            FilePurpose.DOCUMENT_BACK: await self.photo(FilePurpose.DOCUMENT_BACK),
        }
        asked = {"nationality": "GB", "photos": photos, **said}
        return NewVerification(customer_id=customer_id, credential=credential, **asked)  # type: ignore[arg-type]

    async def verified(
        self, customer_id: int, credential: DocumentKind = DocumentKind.PASSPORT, **said: object
    ) -> None:
        """The customer has proven this."""
        await self.kyc.submit(self.ctx(), await self.verification(customer_id, credential, **said))
        await self.kyc.decide(self.ctx(), customer_id, Decision.APPROVED)

    async def quota(self, customers: int) -> None:
        """The merchant may have that many customers."""
        await self.merchants.change(self.ctx(), MerchantChange(quotas={"customers": customers}))

    async def fault(self, where: str, outcome: str, times: int = 1) -> None:
        """The next calls there go wrong."""
        await self.faults.plant(PlantedFault(where, outcome, times))

    async def rows(self) -> dict[str, str]:
        """Everything that a use case could have changed, to compare with."""
        found = {}
        async with self.database.connection() as connection:
            for table in WATCHED:
                text = f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} AS t"
                cursor = await connection.execute(cast(LiteralString, text))
                row = await cursor.fetchone()
                found[table] = row[0] if row else ""
        return found


def new_customer(
    *,
    group_id: int | None = None,
    email: str | None = None,
    dialling_code: str | None = "+44",
    phone_number: str | None = None,
    **profile: object,
) -> NewCustomer:
    """What a merchant says about a new customer."""
    said = Profile(**{"given_name": "Amelia", "last_name": "Hart", **profile})  # type: ignore[arg-type]
    return NewCustomer(
        group_id=group_id, email=email, dialling_code=dialling_code, phone_number=phone_number, profile=said
    )


def png(side: int = 4) -> bytes:
    """A small picture."""
    content = BytesIO()
    Image.new("RGB", (side, side)).save(content, "PNG")
    return content.getvalue()


INCOME = Decimal("52000.50")
