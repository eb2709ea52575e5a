"""Two merchants with cards, a wallet and payees, in all rooms of one process, and a worker that does what is due.

Everything is the process's own: the rooms as `main` builds them, its worker with its policies, real webhooks. The
outside is the sandbox's, time stands still until it is moved, and both merchants' receivers take what is pushed.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final, LiteralString, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bursar.api.payout.answers import Cryptography
from bursar.cards.catalogue.model import ProductChange
from bursar.cards.orders.service import OpeningRequest
from bursar.cards.rates.model import RateTerms
from bursar.customers.model import KycLevel, NewCustomer, Profile
from bursar.db.database import Database
from bursar.db.notices import Notices
from bursar.install.modules import Module
from bursar.install.service import Epochs
from bursar.install.settings import Mode, Settings
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.check import check
from bursar.ledger.engine import queries
from bursar.main.apis import build_apis
from bursar.main.held import holds
from bursar.main.parts import Parts
from bursar.main.rooms import build_rooms
from bursar.main.wallet import set_up_wallet
from bursar.main.work import worker
from bursar.merchants.assembly import build_merchants
from bursar.merchants.model import MerchantChange
from bursar.merchants.payout.model import FeeBearer, PayoutChange, PayoutFee
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.merchants.service import NewMerchant
from bursar.outside import Outside
from bursar.payouts.payees.model import DocumentKind, NewPayee, PayeeRef
from bursar.providers.storage.folder import StorageFolder
from bursar.requests.idempotency.service import IdempotentRequests
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.catalogue import SANDBOX_PRODUCTS
from bursar.sandbox.chain import SandboxChain
from bursar.sandbox.chain.chain import Incoming
from bursar.staff.approvals.service import Request
from bursar.staff.model import Principal
from bursar.vault.pairs import Pairs
from bursar.wallet.due import PrepareAddresses
from bursar.webhooks.model import Answer, HttpPost
from tests.ground import MASTER_KEY, chain_access
from tests.payees.treasury import GOOD_IBAN, PAID_IBAN, details, md5, png

MERCHANTS: Final = (1, 2)
CONSOLE: Final = Principal.console("root")
PRODUCT: Final = "V-USD-1"
CHAIN: Final = "ethereum"
FUNDS: Final = Money.parse("500", "USDT")
PAYOUT_FUNDS: Final = Money.parse("500", "SAR")
RECHARGE_RATE, RECHARGE_MINIMUM = Decimal("0.015"), Decimal("0.50")
PAYOUT_FIXED: Final = Decimal("2")
CARDS: Final = 2
PERSON: Final = Profile(given_name="Amelia", last_name="Hart")
PUNCTUAL, SILENT = "punctual", "silent"
IBANS: Final = {PUNCTUAL: PAID_IBAN, SILENT: GOOD_IBAN}
"""The account of each payee: the bank pays to the first at once, and says nothing of the second by itself."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One merchant as it was furnished."""

    id: int
    cards: tuple[int, ...]
    payees: Mapping[str, int]
    address: str


@dataclass
class Receivers:
    """Both merchants' receivers; they take a push, but for the next `refusals`. `seen` are all of them."""

    refusals: int = 0
    taken: Counter[int] = field(default_factory=Counter)
    seen: list[HttpPost] = field(default_factory=list)

    async def post(self, outgoing: HttpPost) -> Answer:
        self.seen.append(outgoing)
        if self.refusals:
            self.refusals -= 1
            return Answer(503, b"")
        self.taken[outgoing.merchant_id] += 1
        return Answer(200, b"SUCCESS")

    async def check(self, url: str) -> None:
        """Every URL is one of theirs."""


def key_pair() -> tuple[bytes, str]:
    """A private key in PKCS#8, and its public half in PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return private, key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


class Town:
    """One process of an install; `also` is another one on the same database and clock."""

    def __init__(
        self, database: Database, ids: Ids, clock: ManualClock, cryptography: Cryptography, folder: Path
    ) -> None:
        self.database, self.clock, self.folder = database, clock, folder
        self._keys = count()
        self._settings = Settings(Mode.SANDBOX, frozenset(Module), folder, "127.0.0.1", 1, "", MASTER_KEY)
        self._cryptography = cryptography
        self.sandbox = Sandbox.of(database)
        self.ground = self.sandbox.ground(ids, clock, MASTER_KEY)
        self.receivers = Receivers()
        access = chain_access(self.ground, self.sandbox)
        self.outside: Outside = self.sandbox.outside(self.ground, access, StorageFolder(folder), self.receivers)
        merchants = build_merchants(self.ground, holds(database))
        self.rooms = build_rooms(self._settings, self.ground, self.outside, merchants)
        self.apis = build_apis("http://127.0.0.1", self.ground, self.outside, self.rooms, cryptography)
        self.merchants, self.payout_merchants = merchants.merchants, merchants.payout
        self.worker = worker(self._parts())

    def _parts(self) -> Parts:
        database, vault = self.database, self.ground.vault
        return Parts(
            self._settings,
            self.ground,
            self.sandbox,
            self.outside,
            None,
            self.rooms,
            self.apis,
            IdempotentRequests(database, self.clock),
            self._cryptography,
            Pairs(vault, database),
            Epochs(database, self.folder),
            Notices(database),
        )

    def ctx(self, merchant: int, key: str | None = None) -> Context:
        """A request of a merchant's; a new one unless its key is named."""
        return Context(merchant, self.clock, key or f"t-{id(self)}-{next(self._keys)}", "test")

    @property
    def chain(self) -> SandboxChain:
        """The one on which both have an address."""
        chain = self.outside.access.chains[CHAIN]
        assert isinstance(chain, SandboxChain)
        return chain

    # ── furnishing ───────────────────────────────────────────────────────────────────────────────────────────────

    async def furnish(self) -> list[Shop]:
        """Both merchants, with everything that they need."""
        own, system = key_pair(), key_pair()[0]
        for product in SANDBOX_PRODUCTS:
            await self.rooms.cards.catalogue.add(self.ctx(INSTALL), product)
        sold = await self.rooms.cards.catalogue.get(PRODUCT)
        anybody = replace(sold.preconditions, kyc_level=KycLevel.NONE)
        await self.rooms.cards.catalogue.change(self.ctx(INSTALL), PRODUCT, ProductChange(preconditions=anybody))
        await set_up_wallet(self.ground, self.rooms.wallet.pools, self.outside.access, self.ctx(INSTALL))
        await self.worker.run_due()
        await self.rooms.wallet.addresses.prepare(self.ctx(INSTALL), PrepareAddresses(CHAIN))
        return [await self._shop(merchant, own[1], system) for merchant in MERCHANTS]

    async def _shop(self, merchant: int, public_key: str, system: bytes) -> Shop:
        permissions = ("card", "wallet", "payout")
        new = NewMerchant(f"M {merchant}", permissions, f"k{merchant}", "secret", public_key, (FUNDS,))
        await self.merchants.add(self.ctx(merchant), new)
        payout = NewPayoutMerchant(f"p{merchant}", public_key, system, ("Bursar",), (PAYOUT_FUNDS,))
        await self.payout_merchants.add(self.ctx(merchant), payout)
        fee = PayoutFee(0, Decimal(0), PAYOUT_FIXED, Decimal(0), FeeBearer.MERCHANT)
        await self.payout_merchants.change(self.ctx(merchant), PayoutChange(fee=fee, auto_review=True))
        group = await self.rooms.customers.groups.add_default(self.ctx(merchant))
        await self._price(merchant, group)
        for api in ("card", "payout"):
            await self.apis.webhooks.set_url(self.ctx(merchant), api, f"https://shop-{merchant}.example/{api}")
        cards = tuple([await self._card(merchant) for _ in range(CARDS)])
        payees = dict(
            zip(IBANS, await asyncio.gather(*(self._payee(merchant, *one) for one in IBANS.items())), strict=True)
        )
        taken = await self.rooms.wallet.addresses.apply(self.ctx(merchant), "USDT", CHAIN, 1)
        await self.worker.run_due()
        return Shop(merchant, cards, payees, taken[0].address)

    async def _price(self, merchant: int, group: int) -> None:
        """Opening costs nothing, and a recharge 1.5 %, half a dollar at least."""
        terms = [
            RateTerms(
                product_id=product.id,
                open_fee=Decimal(0),
                recharge_rate=RECHARGE_RATE,
                recharge_fee_min=RECHARGE_MINIMUM,
            )
            for product in SANDBOX_PRODUCTS
        ]
        rate = await self.rooms.cards.rates.add(self.ctx(merchant), "Shop", terms)
        await self.rooms.cards.rates.attach(self.ctx(merchant), rate, group)

    async def _card(self, merchant: int) -> int:
        new = NewCustomer(group_id=None, email=None, dialling_code=None, phone_number=None, profile=PERSON)
        customer = await self.rooms.customers.customers.add(self.ctx(merchant), new)
        asked = OpeningRequest(PRODUCT, customer, None, {}, True, "USDT", None)
        order = await self.rooms.cards.orders.register(self.ctx(merchant), asked)
        await self.worker.run_due()
        assert order.card_id is not None
        return order.card_id

    async def _payee(self, merchant: int, reference: str, iban: str) -> int:
        payees = self.rooms.payees.payees
        payee = await payees.create(self.ctx(merchant), NewPayee(reference, details(iban=iban), False))
        photo, kind = png(), DocumentKind.IDENTITY
        payee = await payees.add_document(self.ctx(merchant), PayeeRef(payee.id), kind, photo, md5(photo))
        if payee.status != "normal":
            payee = await payees.approve(self.ctx(merchant), payee.id)
        return payee.id

    # ── the world ────────────────────────────────────────────────────────────────────────────────────────────────

    async def receive(self, shop: Shop, units: int) -> None:
        """An outsider sends USDT, in its smallest units, to the merchant's address."""
        token = self.chain.spec.token("USDT")
        await self.chain.receive([Incoming(self.chain.outsider("alice"), shop.address, token, units)])

    async def settle(self, **time: float) -> None:
        """Time passes, and what falls due by then is done."""
        self.clock.advance(timedelta(**time))
        await self.worker.run_due()

    async def stands(self, shop: Shop, level: str | None) -> None:
        """The merchant is suspended at a level, or not at all."""
        change = MerchantChange(status="active") if level is None else MerchantChange(suspension=level)
        await self.merchants.change(self.ctx(shop.id), change)

    async def ordered(self, action: str, **said: Any) -> None:
        """The console orders an action of staff, which waits for nobody."""
        ctx, asked = CONSOLE.context(self.clock, f"o-{id(self)}-{next(self._keys)}"), Request(action, said, "as agreed")
        assert (await self.rooms.staff.approvals.perform(ctx, CONSOLE, asked)).waits_for is None

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement of the test's own."""
        async with self.database.connection() as connection:
            return await (await connection.execute(cast(LiteralString, statement), values)).fetchall()

    async def balances(self, merchant: int) -> dict[str, int]:
        """Every account of a merchant's book that is not empty, in smallest units."""
        found = await self.rows(
            "SELECT code || ' ' || asset, balance FROM ledger_account WHERE merchant_id = %s AND balance <> 0", merchant
        )
        return {name: int(balance) for name, balance in found}

    async def operations(self) -> int:
        """Operations in all books."""
        return int((await self.rows("SELECT count(*) FROM ledger_operation"))[0][0])

    async def check_books(self) -> None:
        """Everything recomputed from the entries agrees."""
        proof = await check(self.database)
        assert proof.balanced, proof.differences


@asynccontextmanager
async def opened(dsn: str, clock: ManualClock, cryptography: Cryptography, folder: Path) -> AsyncIterator[Town]:
    """A process on a database that was migrated."""
    database = Database(dsn)
    await database.open()
    try:
        ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
        await ids.top_up()
        town = Town(database, ids, clock, cryptography, folder)
        await town.ground.vault.begin()
        yield town
    finally:
        await database.close()


def written(shops: list[Shop]) -> str:
    """The furnished merchants as text, for those who copy their database."""
    return json.dumps([[shop.id, shop.cards, dict(shop.payees), shop.address] for shop in shops])


def read(text: str) -> list[Shop]:
    """The merchants of `written`."""
    return [Shop(number, tuple(cards), payees, address) for number, cards, payees, address in json.loads(text)]
