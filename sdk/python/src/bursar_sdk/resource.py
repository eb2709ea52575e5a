"""The parts of the resources that are written by hand: parsing of pushes and catching up with events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, cast

from bursar_sdk import card_events, events, payout_events, webhooks
from bursar_sdk.card_endpoints import ENDPOINTS as CARD
from bursar_sdk.events import AsyncCaller, Caller, UnknownCardEvent, UnknownPayoutEvent
from bursar_sdk.payout_endpoints import ENDPOINTS as PAYOUT
from bursar_sdk.webhooks import PushAnswer


class Resource:
    """Methods of a client that waits."""

    def __init__(self, caller: Caller, wire: Any) -> None:
        self._caller = caller
        self._wire = wire


class AsyncResource:
    """Methods of a client for asyncio."""

    def __init__(self, caller: AsyncCaller, wire: Any) -> None:
        self._caller = caller
        self._wire = wire


class CardPushes:
    """Pushes of the card API, in both kinds of clients."""

    _wire: Any

    def parse(self, raw: bytes, headers: Mapping[str, str]) -> card_events.CardEvent:
        """The event of a push: decrypted, verified, typed.

        `raw` is the body as it came, in bytes; `headers` in any case of letters. Raises WebhookInvalid, which says
        which check failed: answer that with HTTP 400.
        """
        return _card_event(webhooks.card_plaintext(self._wire, raw, headers))

    def respond(self) -> PushAnswer:
        """The answer that counts as received, within 5 s of the push: anything else is pushed again."""
        return PushAnswer(200, b"SUCCESS", {"Content-Type": "text/plain; charset=utf-8"})


class PayoutPushes:
    """Callbacks of the payout API, in both kinds of clients."""

    _wire: Any

    def parse(self, raw: bytes, headers: Mapping[str, str], url: str) -> payout_events.PayoutEvent:
        """The event of a callback: verified, its sensitive fields opened, typed.

        `raw` is the body as it came, in bytes; `url` the callback URL that the platform was told, or path and query of
        it, which the signature covers. Raises WebhookInvalid, which says which check failed: answer that with HTTP 400.
        """
        return _payout_event(webhooks.payout_plaintext(self._wire, raw, headers, url))

    def respond(self) -> PushAnswer:
        """The answer that counts as received: HTTP 200."""
        return PushAnswer(200, b"")


class CardCatchUp:
    """Events of the card API that were missed."""

    _caller: Caller

    def catch_up(self, from_sequence: int) -> Iterator[card_events.CardEvent]:
        """The events with this number and later ones, oldest first, as the service lists them: 90 days back.

        Take each with `Sequence.take`, since a push may have brought it already.
        """
        return events.listed("card", self._caller, CARD["events.list"], from_sequence, _card_event)


class AsyncCardCatchUp:
    """Events of the card API that were missed."""

    _caller: AsyncCaller

    def catch_up(self, from_sequence: int) -> AsyncIterator[card_events.CardEvent]:
        """The events with this number and later ones, oldest first, as the service lists them: 90 days back.

        Take each with `Sequence.take`, since a push may have brought it already.
        """
        return events.listed_async("card", self._caller, CARD["events.list"], from_sequence, _card_event)


class PayoutCatchUp:
    """Events of the payout API that were missed."""

    _caller: Caller

    def catch_up(self, from_sequence: int) -> Iterator[payout_events.PayoutEvent]:
        """The events with this number and later ones, oldest first, as the service lists them: 90 days back.

        Take each with `Sequence.take`, since a callback may have brought it already.
        """
        return events.listed("payout", self._caller, PAYOUT["events.list"], from_sequence, _payout_event)


class AsyncPayoutCatchUp:
    """Events of the payout API that were missed."""

    _caller: AsyncCaller

    def catch_up(self, from_sequence: int) -> AsyncIterator[payout_events.PayoutEvent]:
        """The events with this number and later ones, oldest first, as the service lists them: 90 days back.

        Take each with `Sequence.take`, since a callback may have brought it already.
        """
        return events.listed_async("payout", self._caller, PAYOUT["events.list"], from_sequence, _payout_event)


def _card_event(content: Mapping[str, Any]) -> card_events.CardEvent:
    made = events.event_of(card_events.EVENTS, UnknownCardEvent, content)
    return cast("card_events.CardEvent", made)


def _payout_event(content: Mapping[str, Any]) -> payout_events.PayoutEvent:
    made = events.event_of(payout_events.EVENTS, UnknownPayoutEvent, content)
    return cast("payout_events.PayoutEvent", made)
