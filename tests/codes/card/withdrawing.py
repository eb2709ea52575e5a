"""Codes of withdrawals."""

from typing import Any

from tests.clients.card import Answer

from .case import Chapter
from .scene import NOBODY, PASSWORD, WRONG_PASSWORD, CodeScene

WITHDRAWING = Chapter("Withdrawals")
WITHDRAW = "wallet/withdraw"
SOMEBODY = "0x52908400098527886E0F7030069857D2E4169EE7"
"""An address of nobody we know, with its checksum."""
COOLING_S = 3_600
case = WITHDRAWING.case


def withdraw(scene: CodeScene, **said: Any) -> Answer:
    asked = {"coinId": "USDT", "chainId": "ethereum", "address": SOMEBODY, "amount": "100", **said}
    return scene.ask(WITHDRAW, asked)


@case(10082, WITHDRAW, "Your account holds less than amount and fee.", "Withdraw less, or wait for a deposit.")
def withdrawal_beyond_balance(scene: CodeScene) -> Answer:
    return withdraw(scene, coinId="ETH", amount="1")


@case(10123, WITHDRAW, "`thirdOrderNo` names another withdrawal.", "Give every withdrawal a number of its own.")
def withdrawal_number_taken(scene: CodeScene) -> Answer:
    number = scene.unused("withdrawal")
    withdraw(scene, thirdOrderNo=number)
    return withdraw(scene, thirdOrderNo=number, amount="101")


@case(
    10128,
    WITHDRAW,
    "The operator has not configured the coin on this chain.",
    "Ask the operator.",
)
def withdrawal_not_configured(scene: CodeScene) -> Answer:
    with scene.pool(config=None):
        return withdraw(scene)


@case(
    10137,
    WITHDRAW,
    "Five wrong verification passwords in a row were given: for 15 minutes none is looked at.",
    "Wait 15 minutes.",
)
def withdrawal_password_locked(scene: CodeScene) -> Answer:
    with scene.asking_for_the_password(), scene.wrong_passwords():
        return withdraw(scene, verifyPassword=PASSWORD)


@case(10138, WITHDRAW, "The verification password is another one.", "Ask whoever knows it.", leaves=("guess",))
def withdrawal_password_wrong(scene: CodeScene) -> Answer:
    with scene.asking_for_the_password():
        return withdraw(scene, verifyPassword=WRONG_PASSWORD)


@case(10139, WITHDRAW, "The verification password is asked for and was left out.", "Send `verifyPassword`.")
def withdrawal_password_missing(scene: CodeScene) -> Answer:
    with scene.asking_for_the_password():
        return withdraw(scene)


@case(10140, WITHDRAW, "There is no such chain, or the coin is not on it.", "Use a chain of `wallet/chain/list`.")
def withdrawal_over_unknown_chain(scene: CodeScene) -> Answer:
    return withdraw(scene, chainId="nowhere")


@case(
    10144,
    WITHDRAW,
    "The address is none of this chain, or its checksum is wrong.",
    "Have it checked by its owner.",
)
def withdrawal_to_malformed_address(scene: CodeScene) -> Answer:
    return withdraw(scene, address=SOMEBODY.replace("E", "e"))


@case(10145, WITHDRAW, "The amount is zero, or below.", "Send an amount above zero.")
def withdrawal_of_nothing(scene: CodeScene) -> Answer:
    return withdraw(scene, amount="0")


@case(10146, WITHDRAW, "No chain of the wallet carries this coin.", "Use a coin of `wallet/coin/list`.")
def withdrawal_of_unknown_coin(scene: CodeScene) -> Answer:
    return withdraw(scene, coinId="DOGE")


@case(10147, WITHDRAW, "The operator has closed withdrawals of the coin on this chain.", "Try another chain, or later.")
def withdrawals_closed(scene: CodeScene) -> Answer:
    with scene.pool(withdrawable=False):
        return withdraw(scene)


@case(10148, WITHDRAW, "The address is one of your own deposit addresses.", "Withdraw to somebody else.")
def withdrawal_to_oneself(scene: CodeScene) -> Answer:
    return withdraw(scene, address=scene.deposit_address())


@case(
    10149,
    WITHDRAW,
    "The address is new, and new addresses wait for a while; or the operator has blocked it.",
    "Try again when the time is over.",
    leaves=("withdrawal_address_use",),
)
def withdrawal_to_new_address(scene: CodeScene) -> Answer:
    with scene.merchant(cooling_off_s=COOLING_S):
        return withdraw(scene, address=scene.unused_address())


@case(10150, WITHDRAW, "The amount is below your own minimum.", "See `withdrawMin` of `wallet/config`.")
def withdrawal_below_wallet_minimum(scene: CodeScene) -> Answer:
    with scene.wallet_limits("101", "1000"):
        return withdraw(scene)


@case(10151, WITHDRAW, "The amount is above your own maximum.", "See `withdrawMax` of `wallet/config`.")
def withdrawal_above_wallet_maximum(scene: CodeScene) -> Answer:
    with scene.wallet_limits("1", "99"):
        return withdraw(scene)


@case(10152, WITHDRAW, "The amount is below the platform's minimum.", "See `perTxMin` of `wallet/config`.")
def withdrawal_below_minimum(scene: CodeScene) -> Answer:
    return withdraw(scene, amount="9.999999")


@case(10153, WITHDRAW, "The amount is above the platform's maximum.", "See `perTxMax` of `wallet/config`.")
def withdrawal_above_maximum(scene: CodeScene) -> Answer:
    return withdraw(scene, amount="50000.000001")


@case(
    10154,
    WITHDRAW,
    "With what you withdrew within an hour it is too much.",
    "Withdraw less, or wait an hour.",
)
def withdrawal_beyond_hourly_limit(scene: CodeScene) -> Answer:
    with scene.pool(config={"limit1h": "99"}):
        return withdraw(scene)


@case(
    10155,
    WITHDRAW,
    "With what you withdrew within a day it is too much.",
    "Withdraw less, or wait a day.",
)
def withdrawal_beyond_daily_limit(scene: CodeScene) -> Answer:
    with scene.pool(config={"limit24h": "99"}):
        return withdraw(scene)


@case(
    10156,
    WITHDRAW,
    "The check before a withdrawal says no, or cannot be made; nothing was frozen.",
    "Try again later, or ask the operator.",
)
def withdrawal_refused(scene: CodeScene) -> Answer:
    with scene.fault("chain.validate"):
        return withdraw(scene)


@case(10157, "wallet/withdraw/info", "You have no such withdrawal.", "Find it with `wallet/withdraw/list`.")
def unknown_withdrawal(scene: CodeScene) -> Answer:
    return scene.ask("wallet/withdraw/info", {"orderNo": NOBODY})
