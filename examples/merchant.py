"""A merchant on the card and wallet API: its client, the world around it, and the pushes that it receives."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bursar_sdk import BursarCard, Sandbox
from bursar_sdk.card_events import CardEvent, UrlChallengeEvent
from examples.receiver import Receiver, card_receiver
from examples.story import Story


@dataclass
class Merchant:
    """The merchant of a story."""

    bursar: BursarCard
    sandbox: Sandbox
    webhooks: Receiver[CardEvent]
    story: Story

    def usdt(self) -> Decimal:
        """The balance of the merchant's USDT account."""
        (account,) = self.bursar.accounts.list(currency="USDT")
        return account.balance


@contextmanager
def at_work(
    sandbox_file: Path, story: Story, shown: Iterable[str]
) -> Iterator[tuple[BursarCard, Sandbox, Receiver[CardEvent], Story]]:
    """The parts of a merchant, for a day; of each push the fields in `shown` are printed as it comes."""

    def arrived(event: CardEvent) -> None:
        story.arrived(event.event, getattr(event, "detail", None), shown)

    with (
        BursarCard.from_sandbox(sandbox_file) as bursar,
        Sandbox.from_sandbox(sandbox_file) as sandbox,
        card_receiver(bursar, arrived) as webhooks,
    ):
        yield bursar, sandbox, webhooks, story


def listen(merchant: Merchant) -> None:
    """The webhook URL is challenged before it is used."""
    story = merchant.story
    story.chapter("The merchant listens for webhooks")
    merchant.sandbox.set_webhook_urls(card=merchant.webhooks.url)
    challenge = merchant.webhooks.wait_for(UrlChallengeEvent)
    story.expect("challenge answered at", merchant.bursar.merchant.get().webhook_url, merchant.webhooks.url)
    story.tell("challenge", challenge.challenge)
