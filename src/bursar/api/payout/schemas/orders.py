"""Payment orders on the wire."""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from bursar.api.payout.codes import Code
from bursar.api.payout.enumerations import (
    METHOD_BY_WORD,
    ORDER_STATUS,
    ORDER_STATUS_TEXT,
    ORDER_STATUSES_BY_NUMBER,
    PAYMENT_METHOD,
    TRANTYPE,
)
from bursar.api.payout.order_key import order_key
from bursar.api.payout.schemas.payees import CustomerOut, CustomerRef, Text32
from bursar.api.payout.schemas.rows import RowOut, tolerant
from bursar.api.payout.schemas.wire import (
    Amount,
    Asked,
    Flag,
    Iban,
    Id,
    IdOut,
    Ids,
    InstantOut,
    MillisecondsOut,
    MoneyOut,
    Name,
    Paged,
    PostalAddress,
    Reference64,
    Reference128,
    Text64,
    Whole,
    Wire,
    blamed,
    unix_seconds,
)
from bursar.kernel.money import Money
from bursar.payouts.model import (
    BATCH_ROWS_MAX,
    BatchStanding,
    BatchSummary,
    BatchTotal,
    NewPayout,
    NewRapidPayout,
    OrderStatus,
    Payout,
    PayoutFilter,
)
from bursar.payouts.payees.model import PayeeDetails, PayeeRef

Word = Annotated[str, StringConstraints(max_length=32)]
"""A currency or method that has a code of its own when it is not offered."""
NO_METHOD: Final = ""


class NewTicket(CustomerRef):
    payeeuid: Reference64
    amount: Amount
    currency: Word
    paymentmethod: Word

    def new(self) -> NewPayout:
        """The domain's word for it."""
        method = METHOD_BY_WORD.get(self.paymentmethod, NO_METHOD)
        return NewPayout(self.ref, self.payeeuid, self.amount, self.currency, method)


class RapidTicket(Asked):
    customid: Id | None = None
    mercustomid: Reference128 | None = None
    payeeuid: Reference64
    amount: Amount
    currency: Word
    paymentmethod: Word
    name_e: Name | None = None
    name_a: Name | None = None
    identity: Text64 | None = None
    bankcode: Text32 | None = None
    cardno: Text64 | None = None
    ibanaccount: Iban | None = None
    swiftcode: Text32 | None = None
    stcaccount: Text64 | None = None
    address: PostalAddress | None = None
    mobile: Text32 | None = None

    def new(self) -> NewRapidPayout:
        """The domain's word for it."""
        details = PayeeDetails(
            name_en=self.name_e,
            name_ar=self.name_a,
            identity=self.identity,
            address=self.address,
            bank_code=self.bankcode,
            card_number=self.cardno,
            iban=self.ibanaccount,
            swift_code=self.swiftcode,
            stc_account=self.stcaccount,
            mobile=self.mobile,
        )
        method = METHOD_BY_WORD.get(self.paymentmethod, NO_METHOD)
        ref = PayeeRef(self.customid, self.mercustomid)
        return NewRapidPayout(ref, details, self.payeeuid, self.amount, self.currency, method)


class TicketBatch(Asked):
    batchid: Reference64
    tickets: Annotated[list[Annotated[NewTicket, tolerant()]], Field(min_length=1, max_length=BATCH_ROWS_MAX)]
    partial: Flag = 0
    dryrun: Flag = 0

    def rows(self) -> list[NewPayout | BaseException]:
        """The rows that could be read, in the domain's words, and what stands against the others."""
        return [row.new() if isinstance(row, NewTicket) else row for row in self.tickets]


class TicketRef(Asked):
    """Which order: by our number or, without one, by the merchant's."""

    ticketid: Id | None = None
    payeeuid: Reference64 | None = None

    @model_validator(mode="after")
    def _named(self) -> "TicketRef":
        if self.ticketid is None and self.payeeuid is None:
            raise blamed(Code.PARAMETER_MISSING, "ticketid")
        return self


class BatchRef(Asked):
    batchid: Reference64


class TicketQuery(Paged):
    ticketid: Id | None = None
    payeeuid: Reference64 | None = None
    customids: Ids | None = None
    customid: Id | None = None
    batchid: Reference64 | None = None
    currency: Word | None = None
    paymentmethod: Literal["bankTransfer", "STCPay"] | None = None
    status: Annotated[Whole, Field(ge=0, le=4)] | None = None

    def filter(self) -> PayoutFilter:
        """The domain's word for it."""
        return PayoutFilter(
            payout_ids=None if self.ticketid is None else (self.ticketid,),
            payee_uids=None if self.payeeuid is None else (self.payeeuid,),
            payee_ids=self._payee_ids,
            batch_id=self.batchid,
            currency=self.currency,
            method=None if self.paymentmethod is None else METHOD_BY_WORD[self.paymentmethod],
            statuses=None if self.status is None else ORDER_STATUSES_BY_NUMBER[self.status],
            start_at=self.starttime,
            end_at=self.until,
        )

    @property
    def _payee_ids(self) -> tuple[int, ...] | None:
        """Those that every filter which is there allows."""
        if self.customid is None:
            return self.customids
        return (self.customid,) if self.customids is None or self.customid in self.customids else ()


class TicketOut(Wire):
    ticketid: IdOut
    key: str
    customid: IdOut
    mercustomid: str
    payeeuid: str
    trantype: str
    currency: str
    paymentmethod: str
    amount: MoneyOut
    realamount: MoneyOut
    fee: MoneyOut
    feeconfigid: int
    status: int
    statusdesc: str
    confirmtime: int
    custominfo: CustomerOut
    created_at: InstantOut
    updated_at: InstantOut
    updated_at_ms: MillisecondsOut

    @classmethod
    def of(cls, order: Payout, customer: CustomerOut) -> "TicketOut":
        paid_at = order.ended_at if order.status == OrderStatus.TRANSFERRED else None
        return cls(
            ticketid=order.id,
            key=order_key(order.id, order.created_at),
            customid=order.payee_id,
            mercustomid=customer.mercustomid,
            payeeuid=order.payee_uid,
            trantype=TRANTYPE[order.kind],
            currency=order.currency,
            paymentmethod=PAYMENT_METHOD[order.method],
            amount=order.amount,
            realamount=order.real_amount,
            fee=order.fee,
            feeconfigid=order.fee_id,
            status=ORDER_STATUS[order.status],
            statusdesc=order.reason or ORDER_STATUS_TEXT[order.status],
            confirmtime=unix_seconds(paid_at) if paid_at else 0,
            custominfo=customer,
            created_at=order.created_at,
            updated_at=order.updated_at,
            updated_at_ms=order.updated_at,
        )


class TotalOut(Wire):
    currency: str
    total: MoneyOut
    fee: MoneyOut

    @classmethod
    def of(cls, total: BatchTotal) -> "TotalOut":
        return cls(currency=total.total.asset, total=total.total, fee=total.fee)


class TicketBatchOut(Wire):
    batchid: str
    rows: list[RowOut]
    totals: list[TotalOut]


class StandingOut(Wire):
    status: int
    currency: str
    count: int
    amount: MoneyOut


class BatchDetailOut(Wire):
    """How a batch stands; `amount` of all is in the currency of its orders, and null if they have several."""

    batchid: str
    count: int
    amount: MoneyOut | None
    statuses: list[StandingOut]
    created_at: InstantOut

    @classmethod
    def of(cls, summary: BatchSummary) -> "BatchDetailOut":
        standings = summary.standings
        currencies = {standing.amount.asset for standing in standings}
        total = sum(standing.amount.minor for standing in standings)
        return cls(
            batchid=summary.batch_id,
            count=sum(standing.count for standing in standings),
            amount=Money(total, currencies.pop()) if len(currencies) == 1 else None,
            statuses=_by_number(standings),
            created_at=summary.created_at,
        )


def _by_number(standings: tuple[BatchStanding, ...]) -> list[StandingOut]:
    """Errors and cancelled orders have one number, so they count together."""
    sums: dict[tuple[int, str], list[int]] = {}
    for standing in standings:
        entry = sums.setdefault((ORDER_STATUS[standing.status], standing.amount.asset), [0, 0])
        entry[0] += standing.count
        entry[1] += standing.amount.minor
    return [
        StandingOut(status=status, currency=currency, count=count, amount=Money(amount, currency))
        for (status, currency), (count, amount) in sorted(sums.items())
    ]
