"""Balances, banks and rates on the wire."""

from typing import Literal

from bursar.api.payout.schemas.wire import Asked, InstantOut, MoneyOut, NumberOut, Wire
from bursar.exchange.service import ExchangeRate
from bursar.merchants.payout.model import PayoutAccount
from bursar.payouts.payees.banks import Bank


class BankQuery(Asked):
    country: Literal["SAU", "KWT", "ARE", "ALL"] = "SAU"


class BalanceOut(Wire):
    currency: str
    balance: MoneyOut

    @classmethod
    def of(cls, account: PayoutAccount) -> "BalanceOut":
        return cls(currency=account.currency, balance=account.available)


class BankOut(Wire):
    country: str
    bankcode: str
    bankname: str

    @classmethod
    def of(cls, bank: Bank) -> "BankOut":
        return cls(country=bank.country, bankcode=bank.code, bankname=bank.name)


class ExchangeRateOut(Wire):
    scur: str
    tcur: str
    ratenm: str
    rate: NumberOut
    updated_at: InstantOut

    @classmethod
    def of(cls, rate: ExchangeRate) -> "ExchangeRateOut":
        return cls(
            scur=rate.source,
            tcur=rate.target,
            ratenm=f"{rate.source}/{rate.target}",
            rate=rate.rate,
            updated_at=rate.updated_at,
        )
