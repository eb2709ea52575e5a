"""A withdrawal with several faults hears of the first one in the published order. Each row mends the one before.

On an install of its own: the merchant's verification password, once set, cannot be unset.
"""

from typing import Any

from tests.codes.faulty import NOTHING, Faulty

from .scene import PASSWORD, WRONG_PASSWORD, CodeScene


def test_withdrawing(scene: CodeScene):
    """In the published order; the verification password comes behind the limits, the balance behind the password."""
    own, pools = scene.deposit_address("ETH"), "wallet/pools/ETH/ethereum"
    config = {"perTxMin": "1", "perTxMax": "9", "limit1h": "5", "limit24h": "6", "fee": "0", "depositMin": "0"}

    def pool(**settings: Any) -> None:
        scene.sandbox.request("PATCH", pools, settings)

    def merchant(**settings: Any) -> None:
        scene.sandbox.request("PATCH", "merchant", settings)

    before = scene.sandbox.request("PATCH", pools, {})["config"]
    asked = Faulty(scene, "wallet/withdraw", {"coinId": "DOGE", "chainId": "nowhere", "address": "0x1"})
    with scene.asking_for_the_password():
        pool(withdrawable=False, config=None)
        merchant(cooling_off_s=3_600, wallet_limits={"ETH": {"withdrawMin": "2", "withdrawMax": "10"}})
        scene.sandbox.fault("chain.validate", "refuse", 2)
        asked.answers(
            [
                (NOTHING, 10300),
                ({"amount": "ten"}, 10302),
                ({"amount": "-1"}, 10146),
                ({"coinId": "ETH"}, 10140),
                ({"chainId": "ethereum"}, 10128),
                (lambda: pool(config=config), 10144),
                ({"address": "0x" + "1" * 10_000}, 10144),
                ({"address": own}, 10145),
                ({"amount": "0.5"}, 10147),
                (lambda: pool(withdrawable=True), 10148),
                ({"address": scene.unused_address()}, 10149),
                (lambda: merchant(cooling_off_s=0), 10150),
                ({"amount": "11"}, 10151),
                (lambda: merchant(wallet_limits={"ETH": None}), 10153),
                ({"amount": "0.5"}, 10152),
                ({"amount": "7"}, 10154),
                (lambda: pool(config={"limit1h": "100"}), 10155),
                (lambda: pool(config={"limit24h": "100"}), 10139),
                ({"verifyPassword": WRONG_PASSWORD}, 10138),
                ({"verifyPassword": PASSWORD}, 10082),
                (lambda: pool(config={**config, "limit1h": "200000", "limit24h": "200000"}), 10082),
                ({"coinId": "USDT", "amount": "100"}, 10156),
                (NOTHING, 10156),
                (NOTHING, 0),
            ]
        )
    pool(config=before)
