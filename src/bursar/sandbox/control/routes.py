"""The calls of the control API. Each plays one outsider once: the verifier, the card network, time itself."""

from typing import Final

from fastapi import APIRouter, Depends

from bursar.api.card.enumerations import CARD_STATUS
from bursar.api.inspector import Inspector
from bursar.cards.model import Card
from bursar.customers.kyc.model import Decision
from bursar.decisions.sources.kyc import REVIEW
from bursar.kernel.context import Context
from bursar.ledger.check import check
from bursar.sandbox.control import payout_decisions, settings, wallet
from bursar.sandbox.control.answers import (
    CardStateOut,
    FaultOut,
    FaultsOut,
    KycDecidedOut,
    LedgerCheckOut,
    MerchantSettingsOut,
    MessageOut,
    OutboxOut,
    PayeeStateOut,
    PayoutStateOut,
    ProductOut,
    ShipmentStepOut,
    StatementOut,
)
from bursar.sandbox.control.clock import ClockCalls
from bursar.sandbox.control.decisions import Decisions
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.merchants import MerchantCalls
from bursar.sandbox.control.network import NetworkCalls
from bursar.sandbox.control.payout_decisions import PayeeDecision, PayoutDecision
from bursar.sandbox.control.products import ProductSettings, product_out
from bursar.sandbox.control.requests import Debugged, RequestCalls
from bursar.sandbox.control.route import Calls, ControlRoute
from bursar.sandbox.control.schemas import (
    FaultPlan,
    FreezeReason,
    KycDecision,
    MerchantSettings,
    Shipment,
    number,
)
from bursar.sandbox.control.services import Sandbox
from bursar.sandbox.control.statements import StatementDay, make_statement
from bursar.sandbox.control.webhooks import WebhookCalls
from bursar.sandbox.control.withdrawals import WithdrawalCalls
from bursar.sandbox.faults import PLACES, FaultOutcome, PlantedFault
from bursar.sandbox.messages import OutboxMessage

CREATED: Final = {("POST", "/merchants"): 201}
"""The status of calls that answer another than 200."""


class Control:
    """The calls, bound to one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def _decisions(self) -> Decisions:
        return Decisions(self._sandbox.approvals, self._ctx)

    def router(self) -> APIRouter:
        """All calls under their paths."""
        merchant_calls = MerchantCalls(self._sandbox)
        router = APIRouter(route_class=ControlRoute, dependencies=[Depends(merchant_calls.choose)])
        services = self._sandbox.services
        network_calls = NetworkCalls(
            self._sandbox.authorizations, services.cards, services.challenges, self._sandbox.exchange, self._ctx
        ).calls()
        wallet_calls = wallet.WalletCalls(self._sandbox, self._ctx).calls()
        webhook_calls = WebhookCalls(self._sandbox, self._ctx).calls()
        withdrawal_calls = WithdrawalCalls(self._sandbox.withdrawals, self._decisions, self._ctx).calls()
        clock_calls = ClockCalls(self._sandbox.clock, self._sandbox.due_work).calls()
        sandbox = self._sandbox
        inspector = Inspector(services.merchants, sandbox.payout_merchants, sandbox.pairs, sandbox.clock, opens=True)
        request_calls = RequestCalls(Debugged(sandbox, inspector)).calls()
        money_calls = (network_calls, wallet_calls, withdrawal_calls)
        others = (webhook_calls, request_calls, merchant_calls.calls())
        for calls in (self.calls(), clock_calls, *money_calls, *others):
            for (method, path), call in calls.items():
                status = CREATED.get((method, path), 200)
                router.add_api_route(path, call, methods=[method], status_code=status)
        return router

    def calls(self) -> Calls:
        """The calls of this module, under their methods and paths."""
        return {
            ("POST", "/kyc/decide"): self.decide_kyc,
            ("POST", "/cards/{card_id}/ship"): self.ship,
            ("POST", "/cards/{card_id}/freeze"): self.freeze,
            ("POST", "/cards/{card_id}/unfreeze"): self.unfreeze,
            ("POST", "/payees/{payee_id}/decide"): self.decide_payee,
            ("POST", "/payouts/{payout_id}/decide"): self.decide_payout,
            ("POST", "/statements"): self.make_statement,
            ("POST", "/faults"): self.plant_fault,
            ("DELETE", "/faults"): self.clear_faults,
            ("GET", "/faults"): self.list_faults,
            ("PATCH", "/merchant"): self.change_merchant,
            ("PATCH", "/cards/products/{product_id}"): self.change_product,
            ("GET", "/outbox"): self.outbox,
            ("GET", "/ledger/check"): self.check_ledger,
        }

    def _ctx(self) -> Context:
        return self._sandbox.context()

    # ── customers ────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_kyc(self, body: KycDecision) -> KycDecidedOut:
        """Decides the verification under review."""
        decided = await self._sandbox.kyc.get_open(self._ctx(), number(body.customer_no))
        action = "kyc.approve" if Decision(body.result) is Decision.APPROVED else "kyc.reject"
        await self._decisions.make(action, decided.id, REVIEW, body.reason)
        return {
            "customerNo": body.customer_no,
            "kycNo": str(decided.id),
            "result": body.result,
            "reason": body.reason,
        }

    # ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ship(self, card_id: str, body: Shipment) -> ShipmentStepOut:
        """Report a step of a physical card's way, as the carrier does."""
        step = await self._sandbox.services.logistics.report(
            self._ctx(), number(card_id), body.carrier, body.tracking_no, body.status
        )
        return {
            "cardId": card_id,
            "carrier": step.carrier,
            "trackingNo": step.tracking_no,
            "status": step.status,
            "at": step.at.isoformat(),
        }

    async def freeze(self, card_id: str, body: FreezeReason | None = None) -> CardStateOut:
        """The operator stops a card."""
        return await self._decide_card("cards.freeze", card_id, body)

    async def unfreeze(self, card_id: str, body: FreezeReason | None = None) -> CardStateOut:
        """The operator sets a card free again."""
        return await self._decide_card("cards.unfreeze", card_id, body)

    async def _decide_card(self, action: str, card_id: str, body: FreezeReason | None) -> CardStateOut:
        await self._decisions.make(action, number(card_id), "", None if body is None else body.reason)
        return _card(await self._sandbox.services.cards.card(self._ctx(), number(card_id)))

    # ── payouts ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_payee(self, payee_id: str, body: PayeeDecision) -> PayeeStateOut:
        """Review of a payee, and bans."""
        payees = self._sandbox.payout.payees
        return await payout_decisions.decide_payee(self._ctx(), payees, self._decisions, number(payee_id), body)

    async def decide_payout(self, payout_id: str, body: PayoutDecision) -> PayoutStateOut:
        """Review of a payment order, and the rail's report on it."""
        progress = self._sandbox.payout_progress
        return await payout_decisions.decide_payout(self._ctx(), progress, self._decisions, number(payout_id), body)

    async def make_statement(self, body: StatementDay) -> StatementOut:
        """The statement of a day, now."""
        return await make_statement(self._ctx(), self._sandbox, body)

    # ── faults ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def plant_fault(self, body: FaultPlan) -> FaultOut:
        """The next calls of a provider go wrong."""
        if body.where not in PLACES:
            raise ControlRefusal(422, "place_unknown", f"where is one of {', '.join(sorted(PLACES))}")
        await self._sandbox.faults.plant(PlantedFault(body.where, body.outcome, body.times))
        return {"where": body.where, "outcome": body.outcome, "times": body.times}

    async def clear_faults(self) -> FaultsOut:
        """Nothing goes wrong any more."""
        await self._sandbox.faults.clear()
        return {"faults": []}

    async def list_faults(self) -> FaultsOut:
        """The planted faults that have not struck yet."""
        planted = await self._sandbox.faults.planted()
        return {
            "faults": [
                {"where": fault.place, "outcome": FaultOutcome(fault.outcome), "times": fault.times}
                for fault in planted
            ]
        }

    # ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def change_merchant(self, body: MerchantSettings) -> MerchantSettingsOut:
        """The merchant's settings; an empty change answers them."""
        sandbox = self._sandbox
        return await settings.change(self._ctx(), sandbox.services.merchants, sandbox.payout_merchants, body)

    async def change_product(self, product_id: str, body: ProductSettings) -> ProductOut:
        """A catalogue item's settings; an empty change answers them."""
        catalogue = self._sandbox.services.catalogue
        product = await catalogue.get(product_id)
        if body.model_fields_set:
            product = await catalogue.change(self._ctx(), product_id, body.change_of(product))
        return product_out(product)

    async def outbox(self) -> OutboxOut:
        """Mail and text messages that would have gone out, newest first, with their codes."""
        return {"outbox": [_message(message) for message in await self._sandbox.outbox.list_newest()]}

    async def check_ledger(self) -> LedgerCheckOut:
        """Recomputes the books from their entries."""
        proof = await check(self._sandbox.database)
        return {
            "balanced": proof.balanced,
            "books": proof.books,
            "entries": proof.entries,
            "differences": [
                {"merchant_id": each.merchant_id, "place": each.place, "wrong": each.wrong}
                for each in proof.differences
            ],
        }


def _card(card: Card) -> CardStateOut:
    return {"cardId": str(card.id), "status": CARD_STATUS[card.status]}


def _message(message: OutboxMessage) -> MessageOut:
    return {
        "id": str(message.id),
        "channel": message.channel,
        "to": message.recipient,
        "text": message.text,
        "code": message.code,
        "at": message.at.isoformat(),
    }
