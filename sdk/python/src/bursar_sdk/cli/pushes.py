"""The command `listen`: pushes as they happen, in the terminal and at a local URL."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import typer

from bursar_sdk.cli import frame
from bursar_sdk.cli.frame import app, printable
from bursar_sdk.cli.listener import Listener, Push, Reading, Receipt, Receiver, Session
from bursar_sdk.config import CardConfig, PayoutConfig
from bursar_sdk.webhooks import card_plaintext, payout_plaintext
from bursar_sdk.wire_card import CardWire
from bursar_sdk.wire_payout import PayoutWire

TIMEOUT_S: Final = 5.0
"""A receiver's, as the service allows it."""
TEXT_MAX: Final = 120
"""Characters of a receiver's answer that are shown."""


@app.command()
def listen(
    forward_to: Annotated[str | None, typer.Option(help="A local URL that each push is sent to, as it is.")] = None,
    api: Annotated[Literal["card", "payout"] | None, typer.Option(help="Pushes of this API alone.")] = None,
    event: Annotated[list[str] | None, typer.Option(help="Those with this published name; may be repeated.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=300, help="Seconds that the receiver has.")] = TIMEOUT_S,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each push, and nothing else.")] = False,
) -> None:
    """Receive the pushes of the sandbox as they happen, until Ctrl-C; no public URL is needed.

    Each push is verified and decrypted with your keys and shown. With --forward-to it is also sent to your receiver,
    with the body and the headers that the service would send there, signature and all, and the answer is shown.

    A connection that breaks is made again, and no push is lost or sent twice meanwhile. A receiver that fails is not
    tried again: `replay ID` does that, and is heard here. The merchant's webhook URL, and the log, stay as they are.
    """
    if forward_to is not None:
        _check_url(forward_to)
    apis: list[str] = [api] if api else ["card", "payout"]
    teller = _Teller(as_json=as_json, forwards=forward_to is not None)
    receiver = None if forward_to is None else Receiver(forward_to, timeout)
    wanted = set(event or ())
    listener = Listener(
        lambda: _session(apis),
        receiver,
        teller.tell,
        teller.note,
        greeting=f"Listening{f', forwarding to {forward_to}' if forward_to else ''}. Ctrl-C ends it.",
        wanted=lambda push: not wanted or push["event"] in wanted,
    )
    with _until_interrupted():
        listener.run()
    if receiver is not None:
        receiver.close()
    teller.sum_up()


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Ends without a fault at Ctrl-C and at SIGTERM."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_url(url: str) -> None:
    try:
        split = urlsplit(url)
        well = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:
        well = False
    if not well:
        raise typer.BadParameter(f"--forward-to {url}: as http://localhost:3000/webhooks")


def _session(apis: list[str]) -> Session:
    """The sandbox and the keys, read anew: a sandbox that was made anew has others."""
    readings: dict[str, Reading] = {}
    for name in apis:
        readings[name] = (
            _card_reading(frame.card_config()) if name == "card" else _payout_reading(frame.payout_config())
        )
    return Session(frame.sandbox(), readings)


def _card_reading(config: CardConfig) -> Reading:
    wire = CardWire(config, {})
    return lambda raw, headers, url: card_plaintext(wire, raw, headers)  # noqa: ARG005 - this API does not sign it


def _payout_reading(config: PayoutConfig) -> Reading:
    wire = PayoutWire(config, {})
    return lambda raw, headers, url: payout_plaintext(wire, raw, headers, url)


@dataclass
class _Teller:
    """Shows what is heard: pushes on standard output, everything else beside it."""

    as_json: bool
    forwards: bool
    counts: dict[str, int] = field(default_factory=lambda: {"heard": 0, "invalid": 0, "accepted": 0, "refused": 0})

    def tell(self, push: Push) -> None:
        """One push."""
        self.counts["heard"] += 1
        self.counts["invalid"] += push.fault is not None
        if push.receipt is not None:
            self.counts["accepted" if push.receipt.accepted else "refused"] += 1
        if self.as_json:
            frame.show_line(_described(push))
            return
        for line in _lines(push):
            typer.echo(line)

    def note(self, said: str) -> None:
        """A sentence about the connection."""
        typer.echo(said, err=True)
        sys.stderr.flush()

    def sum_up(self) -> None:
        """The end."""
        counts, parts = self.counts, [f"{self.counts['heard']} received"]
        if self.forwards:
            parts.append(f"{counts['accepted']} accepted by the receiver, {counts['refused']} not")
        if counts["invalid"]:
            parts.append(f"{counts['invalid']} not valid with these keys")
        self.note(f"Ended: {', '.join(parts)}.")


def _described(push: Push) -> dict[str, Any]:
    receipt = push.receipt
    answer = None if receipt is None else {**vars(receipt)}
    return {**push.message, "content": push.content, "fault": push.fault, "answer": answer}


def _lines(push: Push) -> Iterator[str]:
    told, again = push.message, " (again)" if push.message["round"] > 1 else ""
    head = f"{time.strftime('%H:%M:%S')}  {told['api']} #{told['sequence']} {told['event']}{again}  {told['object']}"
    yield f"{head}  id {told['id']}"
    if push.fault is not None:
        yield f"          not valid: {printable(push.fault)}"
    if push.content is not None:
        yield "          " + printable(frame.json_text(push.content))
    if push.receipt is not None:
        yield f"          {_said(told['api'], push.receipt)}"


def _said(api: str, receipt: Receipt) -> str:
    """The receiver's answer, and the reason why it does not count as received."""
    text = printable(" ".join(receipt.text.split()))[:TEXT_MAX]
    if receipt.status is None:
        return f"-> no answer: {text} ({receipt.took_ms} ms)"
    said = f"-> HTTP {receipt.status} {text}".rstrip() + f" ({receipt.took_ms} ms)"
    if receipt.accepted:
        return said
    wanted = "HTTP 200 with the body SUCCESS" if api == "card" else "HTTP 200"
    return f"{said}: not accepted, the service wants {wanted}"


__all__ = ["listen"]
