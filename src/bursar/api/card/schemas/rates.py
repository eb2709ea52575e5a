"""Card rates on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from bursar.api.card.schemas.wire import Amount, Asked, Id, MoneyOut, Name, Paged, Text, Wire
from bursar.cards.rates.model import RATE_DETAILS_MAX, RATE_NAME_CHARS_MAX, Rate, RateDetail, RateTerms

RateName = Annotated[Name, StringConstraints(min_length=1, max_length=RATE_NAME_CHARS_MAX)]


class RateDetailIn(Asked):
    card_id: Text
    open_fee: Amount
    monthly_fee: Amount
    recharge_rate: Amount
    recharge_fee_min: Amount
    recharge_min: Amount | None = None
    recharge_max: Amount | None = None

    @property
    def terms(self) -> RateTerms:
        """The terms asked for one product."""
        return RateTerms(
            product_id=self.card_id,
            open_fee=self.open_fee,
            monthly_fee=self.monthly_fee,
            recharge_rate=self.recharge_rate,
            recharge_fee_min=self.recharge_fee_min,
            recharge_min=self.recharge_min,
            recharge_max=self.recharge_max,
        )


Details = Annotated[list[RateDetailIn], Field(max_length=RATE_DETAILS_MAX)]


class RateAddition(Asked):
    name: RateName
    details: Details


class RateUpdate(Asked):
    rate_no: Id
    name: RateName | None = None
    details: Details | None = None


class RateQuery(Asked):
    rate_no: Id


class RateListQuery(Paged):
    name: Text | None = None
    group_no: Id | None = None


class RateOfGroup(Asked):
    rate_no: Id
    group_no: Id


class RateAdded(Wire):
    rate_no: str


class RateDetailOut(Wire):
    card_id: str
    open_fee: MoneyOut
    monthly_fee: MoneyOut
    recharge_rate: str
    recharge_fee_min: MoneyOut
    recharge_min: MoneyOut | None
    recharge_max: MoneyOut | None

    @classmethod
    def of(cls, detail: RateDetail) -> "RateDetailOut":
        return cls(
            card_id=detail.product_id,
            open_fee=detail.open_fee,
            monthly_fee=detail.monthly_fee,
            recharge_rate=f"{detail.recharge_rate:f}",
            recharge_fee_min=detail.recharge_fee_min,
            recharge_min=detail.recharge_min,
            recharge_max=detail.recharge_max,
        )


class RateOut(Wire):
    rate_no: str
    name: str
    details: list[RateDetailOut]
    groups: list[str]

    @classmethod
    def of(cls, rate: Rate) -> "RateOut":
        return cls(
            rate_no=str(rate.id),
            name=rate.name,
            details=[RateDetailOut.of(detail) for detail in rate.details],
            groups=[str(group_id) for group_id in rate.group_ids],
        )
