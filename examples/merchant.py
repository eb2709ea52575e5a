"""A merchant on the card and wallet API: whom it asks, and what it is told."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from examples.card_client import CardClient, Credentials, Event, Sandbox, WebhookReceiver
from examples.story import Differs, Story


@dataclass
class Merchant:
    """The merchant of a story."""

    client: CardClient
    sandbox: Sandbox
    webhooks: WebhookReceiver
    story: Story

    def ask(self, path: str, **params: Any) -> Any:
        """Call an endpoint that must succeed; its data."""
        answer = self.client.call(path, params)
        if not answer.success:
            raise Differs(f"{path}: code {answer.code} {answer.msg!r}, where the contract has 0")
        return answer.data

    def usdt(self) -> Decimal:
        """What the merchant's USDT account holds."""
        return Decimal(self.ask("merchant/asset", currency="USDT")[0]["balance"])


@contextmanager
def at_work(
    sandbox_file: dict[str, Any], story: Story, shown: Iterable[str]
) -> Iterator[tuple[CardClient, Sandbox, WebhookReceiver, Story]]:
    """What a merchant is made of, for a day; of each webhook the fields in `shown` are printed as it comes."""
    keys = Credentials.from_sandbox(sandbox_file)

    def arrived(event: Event) -> None:
        story.arrived(event.event, event.detail, shown)

    with (
        CardClient(keys) as client,
        Sandbox.from_sandbox(sandbox_file) as sandbox,
        WebhookReceiver(keys, on_event=arrived) as webhooks,
    ):
        yield client, sandbox, webhooks, story


def listen(merchant: Merchant) -> None:
    """The webhook URL is challenged before it is used."""
    story = merchant.story
    story.chapter("The merchant listens for webhooks")
    merchant.sandbox.set_card_webhook(merchant.webhooks.url)
    challenge = merchant.webhooks.wait_for("NE_VERIFY")
    story.expect("challenge answered at", merchant.ask("merchant/info")["webhookUrl"], merchant.webhooks.url)
    story.tell("challenge", challenge.challenge or "")
