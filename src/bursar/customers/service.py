"""Use cases of customers.

That an email address or phone number belongs to one customer, and that a merchant stays within its quota, is held by
constraints inside the commit, so that neither a race nor a repeat gets around it. The reads before the commit only
decide which of several refusals comes first.
"""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Final

from bursar.customers.contact import REFUSED_DIALLING_CODES, Phone, normalise_email, read_phone
from bursar.customers.errors import (
    CustomerNotInGroup,
    CustomerQuotaUsedUp,
    CustomerUnknown,
    EmailTaken,
    GroupIsDefault,
    PhoneTaken,
)
from bursar.customers.groups.errors import GroupUnknown
from bursar.customers.groups.service import Groups
from bursar.customers.model import Customer, CustomerFilter, NewCustomer, Profile, Standing
from bursar.customers.store import CUSTOMER, CustomerStore, customer_row, email_key, profile_row, queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Transition, Write, fingerprint
from bursar.merchants.service import Merchants
from bursar.merchants.suspension import asked_anything
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate

GROUP_KEPT: Final = "customer_group_fkey"
"""The constraint by which a customer's group exists."""


class Customers:
    """The customers of a merchant."""

    def __init__(
        self,
        ground: Ground,
        merchants: Merchants,
        groups: Groups,
        *,
        refused_dialling_codes: Collection[str] = REFUSED_DIALLING_CODES,
    ) -> None:
        self._store = CustomerStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._merchants = merchants
        self._groups = groups
        self._gate = Gate(ground)
        self._refused_dialling_codes = refused_dialling_codes

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, customer_id: int) -> Customer:
        """One customer with the verified identity; raises CustomerUnknown."""
        customer = await self._store.find(ctx.merchant_id, customer_id)
        if customer is None:
            raise CustomerUnknown(customer_id)
        return customer

    async def group_of(self, ctx: Context, customer_id: int) -> int:
        """The id of the customer's group; raises CustomerUnknown."""
        membership = await self._store.memberships.find(ctx.merchant_id, customer_id)
        if membership is None:
            raise CustomerUnknown(customer_id)
        return membership.group_id

    async def is_frozen(self, ctx: Context, customer_id: int) -> bool:
        """True if the operator has stopped the customer; raises CustomerUnknown."""
        standing = await self._store.find_standing(ctx.merchant_id, customer_id)
        if standing is None:
            raise CustomerUnknown(customer_id)
        return standing is Standing.FROZEN

    async def list_page(self, ctx: Context, which: CustomerFilter, page: PageRequest) -> Page[Customer]:
        """One page of customers, newest first."""
        return await self._store.list_page(ctx.merchant_id, which, page)

    # ── adding ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def add(self, ctx: Context, new: NewCustomer) -> int:
        """A new customer; their id.

        Raises the first that applies of: GroupUnknown; EmailMalformed, EmailDisposable, EmailTaken;
        DiallingCodeMissing, DiallingCodeMalformed, DiallingCodeRefused, PhoneMalformed, PhoneTaken; what
        `Profile.check` raises; MerchantSuspended; CustomerQuotaUsedUp.
        """
        group_id = await self._group(ctx, new.group_id)
        email, phone = await self._judged(ctx, new)
        merchant = await self._merchants.get(ctx)
        customer_id = self._ids.next()
        row = customer_row(customer_id, group_id, email, phone, new.profile, ctx.now())
        operation = _addition(ctx, customer_id, row, group_id, merchant.quota("customers"), _asked(new))
        screened = await self._gate.asked(ctx, SubjectKind.CUSTOMER, customer_id)
        return (await self._ledger.commit(ctx, operation + screened)).subject_id

    def read_phone(self, dialling_code: str | None, number: str) -> Phone:
        """A phone as this install takes them; raises as `contact.read_phone`."""
        return read_phone(dialling_code, number, refused=self._refused_dialling_codes)

    async def _group(self, ctx: Context, group_id: int | None) -> int:
        return await self._groups.default_id(ctx) if group_id is None else (await self._groups.get(ctx, group_id)).id

    async def _judged(self, ctx: Context, new: NewCustomer) -> tuple[str | None, Phone | None]:
        """Email and phone in their one spelling. A fault further down does not hide that one of them is taken."""
        email = normalise_email(new.email) if new.email is not None else None
        phone: Phone | None = None
        try:
            if new.phone_number is not None:
                phone = self.read_phone(new.dialling_code, new.phone_number)
            new.profile.check(ctx.now().date())
        except Fact:
            await self._refuse_taken(ctx, email, phone)
            raise
        return email, phone

    async def _refuse_taken(self, ctx: Context, email: str | None, phone: Phone | None) -> None:
        if email is not None and await self._store.email_is_taken(ctx.merchant_id, email_key(email)):
            raise EmailTaken
        if phone is not None and await self._store.phone_is_taken(ctx.merchant_id, phone.e164):
            raise PhoneTaken

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def change(self, ctx: Context, customer_id: int, profile: Profile) -> None:
        """Give a customer new values; None leaves a value. Raises CustomerUnknown or what `Profile.check` raises."""
        await self.get(ctx, customer_id)
        profile.check(ctx.now().date())
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("customer changed", customer_id, _said(profile)),
            kind="customer_changed",
            subject=f"customer:{customer_id}",
            writes=(Write(queries.change_customer, {"id": customer_id, **profile_row(profile)}),),
        )
        screened = await self._gate.asked(ctx, SubjectKind.CUSTOMER, customer_id)
        await self._ledger.commit(ctx, operation + screened)

    async def move(self, ctx: Context, customer_id: int, from_group_id: int, to_group_id: int) -> None:
        """Put a customer into another group; raises CustomerUnknown, GroupUnknown or CustomerNotInGroup."""
        await self.get(ctx, customer_id)
        await self._groups.get(ctx, from_group_id)
        await self._groups.get(ctx, to_group_id)
        await self._regroup(ctx, customer_id, from_group_id, to_group_id)

    async def take_out(self, ctx: Context, customer_id: int, group_id: int) -> None:
        """Put a customer back into the default group.

        Raises CustomerUnknown, GroupUnknown, CustomerNotInGroup or GroupIsDefault, in this order.
        """
        customer = await self.get(ctx, customer_id)
        group = await self._groups.get(ctx, group_id)
        if group.is_default and customer.group_id == group_id:
            raise GroupIsDefault(group_id)
        await self._regroup(ctx, customer_id, group_id, await self._groups.default_id(ctx))

    async def _regroup(self, ctx: Context, customer_id: int, source: int, target: int) -> None:
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("customer regrouped", customer_id, source, target),
            kind="customer_regrouped",
            subject=f"customer:{customer_id}",
            transitions=(Transition(CUSTOMER, customer_id, frozenset({str(source)}), str(target)),),
            refusals={GROUP_KEPT: lambda: GroupUnknown(target)},
        )
        try:
            await self._ledger.commit(ctx, operation)
        except StateChanged:
            raise CustomerNotInGroup(customer_id, source) from None


def _addition(
    ctx: Context, customer_id: int, row: Mapping[str, object], group_id: int, allowed: int, asked: Mapping[str, object]
) -> Operation:
    return Operation(
        key=ctx.request_key,
        fingerprint=fingerprint("customer added", asked),
        kind="customer_added",
        subject=f"customer:{customer_id}",
        transitions=(asked_anything(ctx),),
        # In this order: one who breaks several rules hears of the email, the phone, then the quota.
        writes=(
            Write(queries.hold_count, {}),
            Write(queries.add_customer, row),
            Write(queries.count_one_more, {"allowed": allowed}),
        ),
        refusals={
            "customer_email_key": EmailTaken,
            "customer_phone_key": PhoneTaken,
            "customer_count_quota": lambda: CustomerQuotaUsedUp(allowed),
            GROUP_KEPT: lambda: GroupUnknown(group_id),
        },
    )


def _asked(new: NewCustomer) -> Mapping[str, object]:
    contact = {"email": new.email, "dialling_code": new.dialling_code, "phone_number": new.phone_number}
    return {"group_id": new.group_id, **contact, **_said(new.profile)}


def _said(profile: Profile) -> dict[str, object]:
    return dataclasses.asdict(profile)
