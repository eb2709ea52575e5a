"""The commands `sign`, `verify` and `decrypt`: messages made and taken apart, each step shown, without a network."""

from __future__ import annotations

import base64
import json
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import typer

from bursar_sdk import BursarCard, crypto
from bursar_sdk.calls import Endpoint, Request, mint, parameters
from bursar_sdk.cli import explanation, frame, mistakes
from bursar_sdk.cli.explanation import Explanation, Keys
from bursar_sdk.cli.frame import app, printable
from bursar_sdk.cli.messages import Message
from bursar_sdk.cli.world import endpoint_of, fields_of
from bursar_sdk.config import PayoutConfig
from bursar_sdk.errors import ConfigurationError
from bursar_sdk.values import write
from bursar_sdk.webhooks import path_of
from bursar_sdk.wire_card import CardWire
from bursar_sdk.wire_payout import PayoutWire

File = Annotated[str, typer.Argument(help="A file with the message, or - for what is piped in.")]
Json = Annotated[bool, typer.Option("--json", help="JSON in place of text.")]


# ── sign ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def sign(
    path: Annotated[str, typer.Argument(help="Of an endpoint, as `merchant/info` or `payee/banks`.")],
    fields: Annotated[
        list[str] | None, typer.Argument(help="`name=value`, or `name:=JSON` for what is no text.")
    ] = None,
    version: Annotated[int, typer.Option(min=1, max=2, help="Of the signature.")] = 2,
    explain: Annotated[bool, typer.Option("--explain", help="Show every step in place of the request.")] = False,
    curl: Annotated[bool, typer.Option("--curl", help="A command for curl in place of the request.")] = False,
    as_json: Json = False,
) -> None:
    """Sign, and encrypt, a request as the SDK does, without sending it; print it as it would be sent.

    The output is an HTTP message that `verify` reads. It holds for a minute (card API) or five (payout API), and once.
    """
    endpoint, client = endpoint_of(path)
    params = parameters(endpoint, fields_of(fields or []))
    is_card = client is BursarCard
    request = _built(endpoint, params, is_card=is_card, version=version)
    message = _message(request)
    plain = crypto.dumps(params).encode() if is_card and endpoint.encrypted else None
    found = _explained(message, frame.known_keys(), plain, time.time())
    if as_json:
        frame.show(_described_request(message, request) | {"steps": _steps(found)})
    elif explain:
        if plain is not None:
            found.steps.insert(0, ("Parameters", plain.decode()))
        _print_steps(found)
    elif curl:
        typer.echo(_curl(request))
    else:
        sys.stdout.buffer.write(_http(message, request))
        sys.stdout.buffer.flush()


def _built(endpoint: Endpoint, params: Mapping[str, Any], *, is_card: bool, version: int) -> Request:
    if is_card:
        return CardWire(replace(frame.card_config(), sign_version=version), {}).build(endpoint, params, mint())
    return PayoutWire(replace(frame.payout_config(), version=version), {}).build(endpoint, params, mint())


def _message(request: Request) -> Message:
    target = "/" + request.url.split("/", 3)[3]
    return Message(request.method, target, dict(request.headers), request.content)


def _http(message: Message, request: Request) -> bytes:
    host = request.url.split("/", 3)[2]
    headers = {"Host": host, **message.headers, "Content-Length": str(len(message.body))}
    head = [f"{message.method} {message.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + message.body


def _curl(request: Request) -> str:
    words = ["curl", "-sS", "-X", request.method, request.url]
    for name, value in request.headers.items():
        words += ["-H", f"{name}: {value}"]
    try:
        words += ["--data-binary", request.content.decode()] if request.content else []
    except UnicodeDecodeError:
        raise typer.BadParameter("the body is no text: use the request itself, or --json") from None
    return shlex.join(words)


def _described_request(message: Message, request: Request) -> dict[str, Any]:
    try:
        body: dict[str, Any] = {"body": message.body.decode()}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(message.body).decode()}
    return {"method": message.method, "url": request.url, "headers": dict(message.headers), **body}


# ── verify ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def verify(
    file: File,
    url: Annotated[
        str | None, typer.Option(help="Of a callback of the payout API: the URL that the service was told.")
    ] = None,
    params: Annotated[
        str | None, typer.Option(help="A file with the parameters in clear, for version 1 of an encrypted request.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="When it was sent, in Unix seconds or ISO 8601; else now.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Ask the sandbox about a request, and show every step.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say if a request of yours, or a push that came, is signed as it must be; the first sentence is the mistake.

    Works on the files alone. --explain has the sandbox look at a request as well: it has the platform's keys, and so it
    sees into encrypted parts. The file has a request line, headers, an empty line, and the body as it was sent; or JSON
    with `method`, `path`, `headers` and `body`.
    """
    message = frame.message_in(file)
    if not message.headers:
        raise typer.BadParameter(f"{file}: there are no headers, so nothing says how it was signed")
    keys = frame.known_keys()
    at_s = time.time() if at is None else _instant(at)
    plain = None if params is None else frame.bytes_in(params)
    found = _explained(message, keys, plain, at_s, url)
    asked = _asked(message, keys, None if at is None else at_s) if explain and _is_request(message) else None
    if as_json:
        frame.show(_verdict(found, asked))
    else:
        _print_verdict(found, asked, explain=explain)
    fits = found.fits if asked is None else asked["fits"]
    raise typer.Exit(frame.DONE if fits else frame.REFUSED)


def _instant(text: str) -> float:
    try:
        return float(text) if text.replace(".", "", 1).isdigit() else datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise typer.BadParameter(f"--at {text}: as 1774573955 or 2026-03-27T01:12:35+00:00") from None


def _is_request(message: Message) -> bool:
    return bool(message.header("X-UPA-APIKEY")) or message.path.startswith(mistakes.PAYOUT_PREFIX)


def _is_payout(message: Message) -> bool:
    return bool(message.header("V-Signature") or message.header("V-Api-Key"))


def _asked(message: Message, keys: Keys, at_s: float | None) -> Mapping[str, Any]:
    """The sandbox's own look at a request."""
    given: dict[str, Any] = {"body_base64": base64.b64encode(message.body).decode()}
    if not _is_payout(message) and keys.card is not None:
        given["secret"] = keys.card.secret_key
    if at_s is not None:
        given["at"] = at_s
    with frame.sandbox() as sandbox:
        said = sandbox.check_signature(
            api="payout" if _is_payout(message) else "card",
            method=message.method,
            path=message.target,
            headers=dict(message.headers),
            **given,
        )
    return write(said)


def _verdict(found: Explanation, asked: Mapping[str, Any] | None) -> dict[str, Any]:
    own = {"fits": found.fits, "says": found.says, "faults": found.faults, "notes": found.notes}
    return {**own, "steps": _steps(found), **({} if asked is None else {**asked, "local": own})}


def _print_verdict(found: Explanation, asked: Mapping[str, Any] | None, *, explain: bool) -> None:
    typer.echo(printable(found.says if asked is None else asked["says"]))
    if asked is not None:
        for said in asked["mistakes"][1:]:
            typer.echo(printable(said))
        for check in asked["checks"]:
            typer.echo(f"  {'ok' if check['passed'] else 'no'}  {check['name']}: {printable(check['says'])}")
    else:
        for said in (*found.faults[1:], *found.notes[0 if found.faults else 1 :]):
            typer.echo(printable(said))
    if explain or not found.fits:
        _print_steps(found)


# ── decrypt ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def decrypt(
    file: File,
    private_key: Annotated[
        str | None, typer.Option(help="A PEM file with the key to open it with; else those of --keys or sandbox.json.")
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, max=2, help="Of the sealed fields of the payout API.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Of a callback of the payout API: the URL that the service was told.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show every step, the signature's as well.")] = False,
    as_json: Json = False,
) -> None:
    """Decrypt an answer or a push that is for you, and print what is in it; the first sentence of a failure is why.

    Takes an HTTP message, a body, a compact JWE, or one sealed field. Works without a network, from your files alone.
    What is sealed to the platform, as requests are, only the platform opens: see `verify --explain`.
    """
    message = frame.message_in(file)
    found = _decrypted(message, private_key, version, url)
    if as_json:
        frame.show(_verdict(found, None) | {"plaintext": _readable(found.plaintext)})
    elif explain:
        typer.echo(printable(found.says))
        for said in found.faults[1:]:
            typer.echo(printable(said))
        _print_steps(found)
        if found.plaintext is not None:
            typer.echo("\nIn clear\n" + _indented(printable(_readable(found.plaintext) or "")))
    else:
        if found.faults or found.notes:
            typer.echo(printable(found.says), err=True)
        if found.plaintext is not None:
            sys.stdout.buffer.write(found.plaintext + b"\n")
            sys.stdout.buffer.flush()
    raise typer.Exit(frame.DONE if found.fits and found.plaintext is not None else frame.REFUSED)


def _decrypted(message: Message, private_key: str | None, version: int | None, url: str | None) -> Explanation:
    found = Explanation()
    token = _token(message.body)
    if private_key is not None:
        key = crypto.private_key(frame.bytes_in(private_key).decode("utf-8", "replace"))
        if token is None:
            explanation.explain_sealed(found, message.body, key, version or 2)
        else:
            explanation.explain_token(found, token, Keys(None, None), key)
        return found
    keys = frame.known_keys()
    if token is not None and keys.card is not None:
        if message.header("X-UPA-SIGN") and not _is_request(message):
            explanation.explain_card_push(found, message, keys, keys.card)
        else:
            explanation.explain_token(found, token, keys, keys.card.merchant_key)
        return found
    if keys.payout is None:
        raise ConfigurationError(
            "the files have no part for what this is: a token needs 'card', a sealed field 'payout'"
        )
    _open_payout(found, message, keys.payout, version, url)
    return found


def _open_payout(
    found: Explanation, message: Message, config: PayoutConfig, version: int | None, url: str | None
) -> None:
    if message.method and _is_payout(message):
        explanation.explain_payout(found, message, config, _signed_url(message, url), None)
        return
    said = message.header("V-Api-Version")
    sealed_in = version or (int(said) if said in ("1", "2") else 2)
    if message.body[:1] in (b"{", b"["):
        explanation.explain_fields(found, message, config, sealed_in, is_request=False)
    else:
        explanation.explain_sealed(found, message.body, config.merchant_key, sealed_in)


def _token(body: bytes) -> str | None:
    """The compact JWE in a body: alone, as the payload, or as the payload of an answer's data."""
    text = body.strip().decode("utf-8", "replace")
    if text.count(".") >= 1 and text[:1] not in ("{", "[") and not text.strip('"').count(" "):
        return text.strip('"')
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for name in ("data", "payload"):
        value = value[name] if isinstance(value, dict) and isinstance(value.get(name), dict | str) else value
    return value if isinstance(value, str) and "." in value else None


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _explained(message: Message, keys: Keys, plain: bytes | None, at_s: float, url: str | None = None) -> Explanation:
    """A message with headers, looked at with the keys of the files alone."""
    found = Explanation()
    if _is_payout(message):
        if keys.payout is None:
            raise ConfigurationError("the files have no part 'payout'")
        if not message.method:
            raise typer.BadParameter("the signature of an answer covers its request: give a request or a callback")
        explanation.explain_payout(found, message, keys.payout, _signed_url(message, url), at_s)
    elif keys.card is None:
        raise ConfigurationError("the files have no part 'card'")
    elif _is_request(message):
        explanation.explain_card_request(found, message, keys.card, plain, at_s)
    elif message.header("X-UPA-SIGN"):
        explanation.explain_card_push(found, message, keys, keys.card)
    else:
        raise typer.BadParameter("there is neither X-UPA-SIGN nor V-Signature among its headers")
    return found


def _signed_url(message: Message, url: str | None) -> str:
    return message.target if url is None else path_of(url)


def _steps(found: Explanation) -> list[dict[str, str]]:
    return [{"step": title, "value": text} for title, text in found.steps]


def _print_steps(found: Explanation) -> None:
    for number, (title, text) in enumerate(found.steps, 1):
        typer.echo(f"\n{number}. {title}\n{_indented(printable(text))}")


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())


def _readable(raw: bytes | None) -> str | None:
    return None if raw is None else explanation.readable(raw)


__all__ = ["decrypt", "sign", "verify"]
