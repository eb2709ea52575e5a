"""The engine on a real Ethereum node: paid once, whatever it dies of, gets stuck at or is reorganised away by."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from bursar.kernel.clock import SystemClock
from bursar.ledger.model import Operation, fingerprint
from bursar.providers.chains.evm.chain import EvmChain
from bursar.wallet.payments.engine import STUCK_AFTER
from bursar.wallet.payments.model import NewIntent
from tests.chains import anvil
from tests.chains.anvil import Anvil
from tests.chains.scene import CHAIN_ID, HOT, Tokens, chain_on, deployed, filled_hot_wallet, keystore
from tests.wallet.mortal import Died, Fate, mortal
from tests.wallet.paying import PayingHouse

pytestmark = pytest.mark.slow

STRANGER = "0x52908400098527886E0F7030069857D2E4169EE7"
UNITS = 1_000


@dataclass
class Payer:
    """A house whose hot wallet is on the node."""

    house: PayingHouse
    node: Anvil
    chain: EvmChain
    tokens: Tokens
    sender: str
    paid: int = 0

    async def ask(self) -> int:
        """One more payment; its id."""
        self.paid += 1
        ctx = self.house.ctx()
        new = NewIntent(
            purpose="hand",
            subject_id=self.paid,
            key=HOT,
            sender=self.sender,
            recipient=STRANGER,
            token=self.tokens.token("silent"),
            units=UNITS,
        )
        payment_id, payment = self.house.payments.requested(ctx, new)
        operation = Operation(f"hand:{self.paid}", fingerprint("hand"), "hand", f"hand:{self.paid}")
        await self.house.ledger.commit(ctx, operation + payment)
        return payment_id

    def process(self, fate: Fate | None = None) -> PayingHouse:
        """One process, mortal or not."""
        house = PayingHouse(
            self.house.database, self.house.ids, self.house.clock, chains={CHAIN_ID: self.chain}, signer=keystore()
        )
        return mortal(house, fate or Fate())

    async def look(self, payment_id: int, fate: Fate | None = None) -> bool:
        """Bring a payment as far as it goes; whether the process lived."""
        house = self.process(fate)
        try:
            await house.engine.bring_on(house.ctx(), payment_id)
        except Died:
            return False
        return True

    async def status(self, payment_id: int) -> tuple[str, int | None, int]:
        intent = await self.house.payments.get(payment_id)
        return intent.status, intent.nonce, intent.attempts

    async def received(self) -> int:
        return await self.chain.balance(STRANGER, self.tokens.token("silent"))


@pytest.fixture
async def payer(house: PayingHouse) -> AsyncIterator[Payer]:
    """With a node of its own, which makes blocks when it is told."""
    async with anvil.running() as node:
        tokens = await deployed(node)
        chain = chain_on(tokens, node.url, clock=SystemClock())
        sender = await filled_hot_wallet(node, chain, tokens.silent)
        chain = chain_on(tokens, node.url, clock=SystemClock(), hot_address=sender, tokens=tokens.listed()[:3])
        await node.automine(False)
        yield Payer(house, node, chain, tokens, sender)
        await chain.close()


async def test_it_is_paid_once_wherever_the_process_dies(payer: Payer):
    at, passed = 1, ["", ""]
    while at <= len(passed):
        payment_id, fate = await payer.ask(), Fate(at)
        for _ in range(2):
            if not await payer.look(payment_id, fate):
                await payer.look(payment_id)
            await payer.node.mine(3)
        await payer.look(payment_id)
        passed = fate.passed
        assert (await payer.status(payment_id))[0] == "paid", passed[-1]
        assert await payer.received() == payer.paid * UNITS, passed[-1]
        at += 1
    assert at > 25
    assert await payer.chain.next_nonce(payer.sender) == payer.paid


async def test_what_is_too_cheap_is_replaced_with_the_same_number(payer: Payer):
    payment_id = await payer.ask()
    await payer.look(payment_id)
    first = (await payer.house.payments.get(payment_id)).tx_hash
    await payer.node.call("anvil_setNextBlockBaseFeePerGas", hex(10**12))  # nobody pays so much now
    await payer.node.mine(1)
    payer.house.clock.advance(max(STUCK_AFTER, timedelta(seconds=60)))
    await payer.look(payment_id)
    assert await payer.status(payment_id) == ("signed", 0, 2)
    await payer.node.mine(3)
    await payer.look(payment_id)
    assert await payer.status(payment_id) == ("paid", 0, 2)
    assert (await payer.house.payments.get(payment_id)).tx_hash != first
    assert await payer.received() == UNITS


async def test_a_deep_reorganisation_is_answered_with_the_same_transaction(payer: Payer):
    before: Any = await payer.node.call("evm_snapshot")
    payment_id = await payer.ask()
    await payer.look(payment_id)
    await payer.node.mine(4)
    await payer.look(payment_id)
    assert await payer.status(payment_id) == ("paid", 0, 1)
    booked = (await payer.house.payments.get(payment_id)).tx_hash
    await payer.node.call("evm_revert", before)  # the chain has forgotten all of it
    assert await payer.received() == 0
    await payer.look(payment_id)
    await payer.node.mine(4)
    assert await payer.received() == UNITS
    assert (await payer.house.payments.get(payment_id)).tx_hash == booked
    following = await payer.ask()
    await payer.look(following)
    await payer.node.mine(4)
    await payer.look(following)
    assert await payer.status(following) == ("paid", 1, 1)
    assert await payer.received() == 2 * UNITS
