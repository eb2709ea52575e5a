"""Deposit addresses: prepared ahead, given out once, and derived again before they are.

Promises that an address belongs to one merchant for ever, that a merchant gets either all addresses it asks for or
none, and that no address is given out that the chain's extended key does not make: a row that was tampered with would
send customers' coins to somebody else.
"""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job, Operation, Part, Transition, Write, fingerprint
from bursar.merchants.service import Merchants
from bursar.wallet.due import PrepareAddresses
from bursar.wallet.errors import (
    AddressGiven,
    AddressNotDerivable,
    AddressPoolEmpty,
    AddressQuotaUsedUp,
    ChainUnknown,
    TooManyAddresses,
)
from bursar.wallet.model import Address
from bursar.wallet.pools import Pools
from bursar.wallet.ports import Chain, Chains, Screening, canonical
from bursar.wallet.store import ADDRESSES, LEFT_KEPT, NUMBER_KEPT, QUOTA_KEPT, AddressStore, alarm_row, queries

RENEWAL: Final = queries.retire_free_addresses
"""The statement by which addresses begin a new epoch."""
AT_A_TIME_MAX: Final = 100
"""Addresses of one application."""
READY: Final = 1_000
"""So many addresses of a chain are prepared ahead."""
PREPARED_TOGETHER: Final = 250
CHOSEN_FROM: Final = 400
"""Free addresses among which one is drawn at random, so that concurrent callers seldom draw the same."""

log = structlog.get_logger(__name__)


class AddressBook:
    """The addresses of all merchants on all chains."""

    def __init__(
        self, ground: Ground, merchants: Merchants, chains: Chains, pools: Pools, screening: Screening
    ) -> None:
        self._store = AddressStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._merchants = merchants
        self._chains = chains
        self._pools = pools
        self._screening = screening

    # ── given out ────────────────────────────────────────────────────────────────────────────────────────────────

    async def apply(self, ctx: Context, coin: str, chain_id: str, quantity: int) -> list[Address]:
        """Take so many addresses for the merchant, all or none.

        Raises CoinUnknown, ChainUnknown, TooManyAddresses, AddressPoolEmpty, AddressQuotaUsedUp, AddressNotDerivable
        or DecisionOvertaken.
        """
        self._pools.check(coin, chain_id)
        if quantity > AT_A_TIME_MAX:
            raise TooManyAddresses(AT_A_TIME_MAX)
        asked = fingerprint("addresses", coin, chain_id, quantity)

        async def decide() -> Decided[int]:
            chosen = await self._choose(chain_id, quantity)
            await self._derive_again(ctx, chain_id, chosen)
            return await self._taking(ctx, coin, chain_id, chosen)

        application_id = await self._ledger.decide(ctx, ctx.request_key, asked, decide, first=_number_of)
        return await self._store.list_application(ctx, application_id)

    async def owner(self, chain_id: str, address: str) -> int | None:
        """The merchant that is paid at an address, if one is."""
        return (await self._store.owners(chain_id, [address])).get(address)

    async def owners(self, chain_id: str, addresses: Collection[str]) -> dict[str, int]:
        """The merchant of each of these addresses that was given out."""
        return await self._store.owners(chain_id, addresses) if addresses else {}

    async def list_lost(self, chain_id: str, probed: int) -> list[int]:
        """The numbers of addresses that may have been given out after the moment that a restored database is of; so
        many as `probed` behind the last known one of each epoch before this one.
        """
        return await self._store.list_lost(chain_id, probed)

    async def given(self, ctx: Context, chain_id: str, number: int) -> Part:
        """The part of an operation by which an address is the merchant's that was given out before a restore.

        Nothing where it is the merchant's already; raises AddressGiven for one of another merchant, or one that can
        still be given out.
        """
        row = await self._store.find_address(chain_id, number)
        if row is not None and (row.status, row.merchant_id) == ("taken", ctx.merchant_id):
            return Part()
        if row is not None and row.status != "spoilt":
            raise AddressGiven(chain_id, number)
        counted = (Write(queries.open_address_count, {}), Write(queries.count_given_address, {}))
        application_id, now = self._ids.next(), ctx.now()
        if row is not None:
            values = {"application_id": application_id, "taken_at": now}
            return Part(
                transitions=(Transition(ADDRESSES, row.id, frozenset({"spoilt"}), "taken", values),), writes=counted
            )
        made = {
            "id": self._ids.next(),
            "chain_id": chain_id,
            "number": number,
            "address": self._chains[chain_id].derive(number),
            "application_id": application_id,
            "taken_at": now,
        }
        return Part(
            writes=(Write(queries.add_given_address, made), *counted),
            refusals={NUMBER_KEPT: lambda: AddressGiven(chain_id, number)},
        )

    async def list_taken(self, chain_id: str) -> list[str]:
        """All addresses of a chain that were given out, to any merchant."""
        return await self._store.list_taken(chain_id)

    async def number(self, chain_id: str, address: str) -> int | None:
        """The index of an address among the children of the chain's extended key; None if it is not one of them."""
        return await self._store.find_number(chain_id, address)

    async def _choose(self, chain_id: str, quantity: int) -> list[Address]:
        free = await self._store.list_free(chain_id, max(CHOSEN_FROM, 4 * quantity))
        if len(free) < quantity:
            raise AddressPoolEmpty(chain_id)
        return sorted(secrets.SystemRandom().sample(free, quantity), key=lambda row: row.number)

    async def _derive_again(self, ctx: Context, chain_id: str, chosen: Sequence[Address]) -> None:
        chain = self._chains[chain_id]
        for row in chosen:
            try:
                derived = await self._screening.derive(chain, row.number)
            except (ProviderRefused, ProviderUnavailable):
                raise AddressNotDerivable(chain_id) from None
            if derived != row.address:
                await self._spoilt(ctx, row)
                raise AddressNotDerivable(chain_id)

    async def _taking(self, ctx: Context, coin: str, chain_id: str, chosen: Sequence[Address]) -> Decided[int]:
        """The application of the merchant, by its number, and the addresses that it takes."""
        merchant = await self._merchants.get(ctx)
        allowed = merchant.quota("addresses")
        application_id, now, count = self._ids.next(), ctx.now(), len(chosen)
        left = await self._store.count_free(chain_id) - count
        taken = Part(
            transitions=tuple(_taken(row, application_id, now) for row in chosen),
            writes=(
                Write(queries.open_address_count, {}),
                Write(queries.count_addresses, {"count": count, "allowed": allowed}),
                Write(queries.use_up_addresses, {"chain_id": chain_id, "coin": coin, "count": count}),
            ),
            jobs=(Job(PrepareAddresses(chain_id), now),) if left < READY // 2 else (),
            refusals={
                QUOTA_KEPT: lambda: AddressQuotaUsedUp(allowed),
                LEFT_KEPT: lambda: AddressPoolEmpty(chain_id),
            },
        )
        return Decided(application_id, "addresses_taken", f"address_application:{application_id}", taken)

    async def _spoilt(self, ctx: Context, row: Address) -> None:
        """Takes a row that differs from its derivation out of circulation for ever, and raises an alarm for the
        operator.
        """
        log.error("wallet.address_spoilt", chain=row.chain_id, number=row.number)
        detail: dict[str, object] = {"chain": row.chain_id, "number": row.number, "address": row.address}
        subject = f"address:{row.id}"
        going = Transition(ADDRESSES, row.id, frozenset({"free"}), "spoilt")
        operation = Operation(
            f"address_spoilt:{row.id}",
            fingerprint("spoilt", row.id),
            "address_spoilt",
            subject,
            transitions=(going,),
            writes=(alarm_row(self._ids.next(), "address_spoilt", subject, detail, ctx.now()),),
        )
        await self._ledger.commit(_of_install(ctx), operation)

    # ── prepared ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def prepare(self, ctx: Context, due: PrepareAddresses) -> None:
        """Due work: have enough addresses of a chain ready."""
        chain = self._chains.get(due.chain_id)
        while chain is not None and (first := await self._store.find_number_wanted(chain.spec.id, READY)) is not None:
            await self._prepare_some(_of_install(ctx), chain, first)

    async def _prepare_some(self, ctx: Context, chain: Chain, first: int) -> None:
        numbers = range(first, first + PREPARED_TOGETHER)
        rows = [
            {"id": self._ids.next(), "chain_id": chain.spec.id, "number": number, "address": chain.derive(number)}
            for number in numbers
        ]
        key = f"addresses:{chain.spec.id}:{first}"
        operation = Operation(
            key,
            fingerprint(key),
            "addresses_prepared",
            f"chain:{chain.spec.id}",
            writes=tuple(Write(queries.add_addresses, row) for row in rows),
        )
        await self._ledger.commit(ctx, operation)

    async def count_free(self, chain_id: str) -> int:
        """The number of addresses that are prepared and not given out."""
        return await self._store.count_free(chain_id)

    # ── looked at ────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_page(
        self, ctx: Context, chain_id: str | None, address: str | None, page: PageRequest
    ) -> Page[Address]:
        """The merchant's addresses, newest first; raises ChainUnknown."""
        if chain_id is not None and chain_id not in self._chains:
            raise ChainUnknown(chain_id)
        return await self._store.list_page(ctx, chain_id, self.canonical(address), page)

    def canonical(self, address: str | None) -> str | None:
        """An address that somebody looks for, as it is stored."""
        return None if address is None else canonical(self._chains, address)


async def _number_of(_: Context, application_id: int) -> int:
    """The outcome of an application that was decided before."""
    return application_id


def _taken(row: Address, application_id: int, at: datetime) -> Transition:
    return Transition(
        ADDRESSES, row.id, frozenset({"free"}), "taken", {"application_id": application_id, "taken_at": at}
    )


def _of_install(ctx: Context) -> Context:
    return ctx.of(INSTALL)
