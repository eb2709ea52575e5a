"""Two reviews, and every way back."""

import asyncio

import pytest

from bursar.wallet.withdrawals.errors import WithdrawalNotInState, WithdrawalUnknown


async def test_each_approval_goes_one_review_further_and_the_last_has_it_paid(house):
    order = await house.withdraw()
    assert (await house.progress.approve(house.ctx(), order.id)).status == "awaiting_review"
    assert await house.rows("SELECT count(*) FROM wallet_payment") == [(0,)]
    assert (await house.progress.approve(house.ctx(), order.id)).status == "awaiting_withdrawal"
    assert (await house.progress.approve(house.ctx(), order.id)).status == "awaiting_withdrawal"
    assert await house.rows("SELECT count(*) FROM wallet_payment") == [(1,)]


@pytest.mark.parametrize(
    ("approvals", "status"), [(0, "rejected"), (1, "withdrawal_rejected"), (2, "withdrawal_rejected")]
)
async def test_a_rejection_gives_everything_back_once(house, approvals, status):
    order = await house.withdraw()
    for _ in range(approvals):
        await house.progress.approve(house.ctx(), order.id)
    assert (await house.progress.reject(house.ctx(), order.id, "not theirs")).status == status
    assert await house.balances() == {"available": "1000"}
    with pytest.raises(WithdrawalNotInState):
        await house.progress.reject(house.ctx(), order.id)
    await house.settle()
    assert await house.balances() == {"available": "1000"}
    assert await house.rows("SELECT count(*) FROM wallet_payment_attempt") == [(0,)]
    assert (await house.told(order))[-1] == status
    assert await house.is_sound()


async def test_what_is_signed_is_not_rejected(house):
    order = await house.approved()
    await house.settle()
    before = await house.everything()
    with pytest.raises(WithdrawalNotInState):
        await house.progress.reject(house.ctx(), order.id)
    assert await house.everything() == before


async def test_rejecting_and_signing_at_once_meet_at_the_payment(house, beside):
    for _ in range(8):
        order = await house.approved("20")
        rejected, _ = await asyncio.gather(
            beside.progress.reject(beside.ctx(), order.id), house.settle(), return_exceptions=True
        )
        await house.settle()
        signed = await house.rows(
            "SELECT count(*) FROM wallet_payment_attempt JOIN wallet_payment ON id = payment_id WHERE subject_id = %s",
            order.id,
        )
        if isinstance(rejected, BaseException):
            assert isinstance(rejected, WithdrawalNotInState)
            assert (signed, await house.status(order)) == ([(1,)], "confirming")
        else:
            assert (signed, await house.status(order)) == ([(0,)], "withdrawal_rejected")
    assert await house.is_sound()


async def test_two_reviewers_at_once_go_one_review_further_together(house, beside):
    order = await house.withdraw()
    await asyncio.gather(*(h.progress.approve(h.ctx(), order.id) for h in (house, beside)), return_exceptions=True)
    steps = await house.rows("SELECT count(*) FROM ledger_operation WHERE kind = 'withdrawal_approve'")
    told = await house.told(order)
    assert (steps, told) in (
        ([(1,)], ["awaiting_review"]),
        ([(2,)], ["awaiting_review", "awaiting_withdrawal"]),
    )
    assert await house.status(order) == told[-1]


async def test_another_merchants_withdrawal_is_nobodys(house):
    order = await house.withdraw()
    with pytest.raises(WithdrawalUnknown):
        await house.progress.approve(house.ctx(merchant_id=2), order.id)
