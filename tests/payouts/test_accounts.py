"""A merchant's payout accounts: taken away only when nothing is on them."""

import asyncio

import pytest

from bursar.kernel.money import Money
from bursar.merchants.errors import PayoutAccountNotEmpty
from tests.payees.treasury import Treasury


async def test_an_account_that_is_empty_is_taken_away_and_opened_again(treasury: Treasury) -> None:
    await treasury.change(accounts={"AED": "active"})
    assert await treasury.settings.find_account(treasury.ctx(), "AED") is not None
    await treasury.change(accounts={"AED": None})
    assert await treasury.settings.find_account(treasury.ctx(), "AED") is None
    await treasury.change(accounts={"AED": None})
    await treasury.change(accounts={"AED": "frozen"})
    account = await treasury.settings.find_account(treasury.ctx(), "AED")
    assert account is not None
    assert (account.status, account.available.minor, account.frozen.minor) == ("frozen", 0, 0)


async def test_an_account_whose_money_is_set_aside_stays(treasury: Treasury) -> None:
    available = await available_on(treasury)
    payee = await treasury.normal()
    await treasury.order(payee, "all", str(available))
    before = await treasury.rows()
    with pytest.raises(PayoutAccountNotEmpty) as refusal:
        await treasury.change(accounts={"SAR": None, "AED": "active"}, auto_review=True)
    assert refusal.value.currencies == ("SAR",)
    assert await treasury.rows() == before
    assert await treasury.settings.find_account(treasury.ctx(), "AED") is None
    assert not (await treasury.settings.get(treasury.ctx())).auto_review


async def test_taking_an_account_away_while_all_of_it_is_ordered_loses_nothing(treasury: Treasury) -> None:
    payee = await treasury.normal()
    available = await available_on(treasury)
    _, refused = await asyncio.gather(
        treasury.order(payee, "all", str(available)), treasury.change(accounts={"SAR": None}), return_exceptions=True
    )
    assert isinstance(refused, PayoutAccountNotEmpty)
    await treasury.check_books()


async def available_on(treasury: Treasury) -> Money:
    """Riyals that can be paid out."""
    account = await treasury.settings.find_account(treasury.ctx(), "SAR")
    assert account is not None
    return account.available
