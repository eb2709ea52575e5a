"""The calls of the control API for the pages of a sandbox, in the same process and without HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from bursar.api.play import Board, NotPlayed
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.sandbox.control.clock import ClockCalls, ClockMove
from bursar.sandbox.control.errors import ControlRefusal, refusal_of
from bursar.sandbox.control.examples import published
from bursar.sandbox.control.network import AnyRequest, NetworkCalls
from bursar.sandbox.control.routes import Control
from bursar.sandbox.control.schemas import ExampleWanted, FaultPlan
from bursar.sandbox.control.services import NAMED, Sandbox
from bursar.sandbox.control.wallet import IncomingDeposit, WalletCalls
from bursar.sandbox.control.webhooks import APIS, WebhookCalls
from bursar.sandbox.faults import PLACES, FaultOutcome

SETTLED_S: Final = 5.0
"""The longest wait for the work that a moved clock makes due."""
Said = Mapping[str, str]


class Play:
    """The calls, bound to one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._control = Control(sandbox)
        self._clock = ClockCalls(sandbox.clock, sandbox.due_work)
        self._wallet = WalletCalls(sandbox, sandbox.context)
        self._webhooks = WebhookCalls(sandbox, sandbox.context)
        services = sandbox.services
        self._network = NetworkCalls(
            sandbox.authorizations, services.cards, services.challenges, sandbox.exchange, sandbox.context
        )
        self._calls: Mapping[str, Callable[[Said], Awaitable[str]]] = {
            "clock": self._advance,
            "fault": self._plant,
            "no_faults": self._clear_faults,
            "spend": self._spend,
            "deposit": self._deposit,
            "example": self._example,
            "no_pushes": self._clear_pushes,
        }

    async def board(self, book: Context) -> Board:
        """The sandbox as it stands."""
        NAMED.set(book.merchant_id)
        sandbox = self._sandbox
        settled = (await self._clock.read())["settled"]
        return Board(
            sandbox.clock.now(),
            settled,
            [(each.place, each.outcome, each.times) for each in await sandbox.faults.planted()],
            sorted(PLACES),
            [outcome.value for outcome in FaultOutcome],
            {api: sorted(published(api)) for api in APIS},
            {name: [token.coin for token in chain.spec.tokens] for name, chain in sandbox.wallet.chains.items()},
        )

    async def play(self, book: Context, call: str, said: Said) -> str:
        """Make a call for the context's merchant; raises NotPlayed."""
        NAMED.set(book.merchant_id)
        try:
            return await self._calls[call](said)
        except KeyError:
            raise NotPlayed("There is no such call.") from None
        except ValidationError as fault:
            first = fault.errors()[0]
            raise NotPlayed(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
        except ControlRefusal as refusal:
            raise NotPlayed(refusal.detail) from None
        except Fact as fact:
            raise NotPlayed(refusal_of(fact).detail) from None

    async def _advance(self, said: Said) -> str:
        moved = await self._clock.move(ClockMove.model_validate({"advance_s": said.get("seconds", "")}), SETTLED_S)
        return moved["now"]

    async def _plant(self, said: Said) -> str:
        wanted = {"where": said.get("place", ""), "outcome": said.get("outcome", ""), "times": said.get("times", "1")}
        return (await self._control.plant_fault(FaultPlan.model_validate(wanted)))["where"]

    async def _clear_faults(self, _: Said) -> str:
        await self._control.clear_faults()
        await self._webhooks.clear_faults()
        return ""

    async def _spend(self, said: Said) -> str:
        wanted: dict[str, Any] = {"amount": said.get("amount", ""), "currency": said.get("currency", "")}
        if said.get("shop"):
            wanted["merchantName"] = said["shop"]
        asked = await self._network.authorize(said.get("card", ""), AnyRequest.model_validate(wanted))
        return asked["code"]

    async def _deposit(self, said: Said) -> str:
        wanted = {"address": said.get("address", ""), "coinId": said.get("coin", ""), "amount": said.get("amount", "")}
        if said.get("chain"):
            wanted["chainId"] = said["chain"]
        return (await self._wallet.deposit(IncomingDeposit.model_validate(wanted)))["txHash"]

    async def _example(self, said: Said) -> str:
        wanted = {"api": said.get("api", ""), "event": said.get("event", "")}
        return (await self._webhooks.trigger(ExampleWanted.model_validate(wanted)))["id"]

    async def _clear_pushes(self, _: Said) -> str:
        await self._webhooks.clear_log()
        return ""
