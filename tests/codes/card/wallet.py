"""Codes of receiving coins."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.clients.card import Answer

from .case import Chapter
from .scene import NOBODY, CodeScene

RECEIVING = Chapter("Receiving coins")
INFO, CONFIG, APPLY = "wallet/info", "wallet/config", "wallet/address/apply"
POOL = "wallet/pools/USDT/tron"
MORE_THAN_AT_A_TIME = 101
case = RECEIVING.case


def apply(scene: CodeScene, **said: Any) -> Answer:
    return scene.ask(APPLY, {"coinId": "USDT", "chainId": "tron", "quantity": 1, **said})


@contextmanager
def pool(scene: CodeScene, **settings: Any) -> Iterator[None]:
    """The pool of USDT on TRON has other settings for a while."""
    before = scene.sandbox.request("PATCH", POOL, {})
    scene.sandbox.request("PATCH", POOL, settings)
    try:
        yield
    finally:
        scene.sandbox.request("PATCH", POOL, {"config": before["config"], "addresses_left": None})


@case(10127, INFO, "The node of a chain does not answer.", "Ask again later.")
def node_away(scene: CodeScene) -> Answer:
    with scene.fault("chain.node", "unreachable", times=1_000):
        return scene.ask(INFO)


@case(
    10128,
    CONFIG,
    "The platform has set no limits and fees for this coin on this chain.",
    "Use another chain, or ask the operator.",
)
def not_configured(scene: CodeScene) -> Answer:
    with pool(scene, config=None):
        return scene.ask(CONFIG, {"coinId": "USDT", "chainId": "tron"})


@case(10140, APPLY, "There is no such chain.", "Choose one of `wallet/chain/list`.")
def unknown_chain(scene: CodeScene) -> Answer:
    return apply(scene, chainId="nowhere")


@case(10140, APPLY, "The coin is not on this chain.", "Choose one of `wallet/chain/list`.")
def coin_on_another_chain(scene: CodeScene) -> Answer:
    return apply(scene, coinId="ETH")


@case(10141, APPLY, "More than 100 addresses are applied for at a time.", "Apply several times.", "100")
def too_many_addresses(scene: CodeScene) -> Answer:
    return apply(scene, quantity=MORE_THAN_AT_A_TIME)


@case(10142, APPLY, "No address is left for this coin on this chain.", "Apply again later, or for fewer.")
def no_address_left(scene: CodeScene) -> Answer:
    with pool(scene, addresses_left=0):
        return apply(scene)


@case(
    10143,
    APPLY,
    "An address cannot be derived again from the platform's key before it is given out.",
    "Apply again; if it goes on, tell the operator.",
)
def not_derivable(scene: CodeScene) -> Answer:
    with scene.fault("chain.derive"):
        return apply(scene)


@case(10143, APPLY, "You have as many addresses as you may have.", "Ask the operator for more.")
def quota_used_up(scene: CodeScene) -> Answer:
    with scene.merchant(quotas={"addresses": 0}):
        return apply(scene)


@case(10146, APPLY, "There is no such coin, or it is on no chain.", "Choose one of `wallet/coin/list`.")
def unknown_coin(scene: CodeScene) -> Answer:
    return apply(scene, coinId="BTC")


@case(10157, "wallet/deposit/info", "There is no such deposit of yours.", "Look into `wallet/deposit/list`.")
def unknown_deposit(scene: CodeScene) -> Answer:
    return scene.ask("wallet/deposit/info", {"orderNo": NOBODY})
