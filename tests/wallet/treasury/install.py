"""Both halves of the wallet together, as an install runs them."""

from decimal import Decimal

from bursar.kernel.context import INSTALL
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import Operation, Transfer, fingerprint
from bursar.wallet.assembly import build_paying
from bursar.wallet.treasury.reconciliation import ReconciledCoin
from bursar.wallet.withdrawals.model import NewWithdrawal, Withdrawal
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.wallet.house import House


async def nobody_minds() -> None:
    """Whoever asks may withdraw."""


class Install(House):
    """One process of ours, with everything that moves coins."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.paying = build_paying(self.ground, self.wallet, self.access.signer)

    async def settle(self) -> None:
        """Do what is due."""
        handlers = (*self.wallet.handlers, *self.paying.handlers)
        patient = dict.fromkeys([handler.payload for handler in handlers], Policy(attempts_max=1_000))
        await Worker(self.database, self.clock, handlers, patient).run_due()

    async def round(self, chain_id: str = "ethereum", times: int = 1) -> None:
        """So often: everything on the chain becomes final, and what is due is done."""
        for _ in range(times):
            await self.settle()
            await self.make_final(chain_id)
            self.later(61)
            await self.settle()

    async def deposited(
        self, amount: str, chain_id: str = "ethereum", coin: str = "USDT", sender: str = "alice"
    ) -> str:
        """Somebody pays merchant 1 at a new address, for good; the address."""
        address = await self.address(chain_id=chain_id, coin=coin)
        incoming = self.incoming(address, amount, chain_id=chain_id, coin=coin, sender=sender)
        await self.chain(chain_id).receive([incoming])
        await self.make_final(chain_id)
        await self.read(chain_id)
        return address

    async def withdrawn(self, amount: str, chain_id: str = "ethereum", coin: str = "USDT") -> Withdrawal:
        """A withdrawal of merchant 1 that has passed both reviews."""
        asked = NewWithdrawal(coin, chain_id, self.chain(chain_id).outsider("bob"), Decimal(amount), None)
        order = await self.paying.withdrawals.withdraw(self.ctx(), asked, nobody_minds)
        for _ in range(2):
            await self.paying.progress.approve(self.ctx(), order.id)
        return order

    async def on(self, address: str, chain_id: str = "ethereum", coin: str = "USDT") -> Decimal:
        """What an address holds, in whole coins."""
        token = self.chain(chain_id).spec.token(coin)
        return Decimal(await self.chain(chain_id).balance(address, token)).scaleb(-token.decimals)

    def hot(self, chain_id: str = "ethereum") -> str:
        return self.chain(chain_id).spec.hot_address

    async def compared(self, coin: str = "USDT", chain_id: str = "ethereum") -> ReconciledCoin:
        """How a chain and the books stand to each other."""
        standings = await self.paying.reconciliation.compare()
        return next(found for found in standings if (found.chain_id, found.coin) == (chain_id, coin))

    async def adds_up(self) -> bool:
        """Nothing differs anywhere."""
        return all(not standing.difference for standing in await self.paying.reconciliation.compare())

    async def spend_float(self, coin: str) -> None:
        """The operator takes its own coins away, as far as the books go."""
        held = (await self.balances(INSTALL))[f"treasury:float {coin}"]
        clearing = chart.chain_clearing("ethereum", coin)
        transfer = Transfer("float_taken", chart.treasury_float(coin), clearing, Money(held, coin))
        operation = Operation("taken", fingerprint("taken"), "float_taken", "test:1", transfers=(transfer,))
        await self.ledger.commit(self.ctx(INSTALL), operation)
