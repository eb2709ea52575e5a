"""The frame of all commands: options, keys, exit codes, and the writing of answers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bursar_sdk import Sandbox
from bursar_sdk.cli.explanation import Keys
from bursar_sdk.cli.messages import FILE_MAX_BYTES, Message, MessageUnread, read
from bursar_sdk.config import CardConfig, PayoutConfig, read_sandbox
from bursar_sdk.errors import ConfigurationError

DONE: Final = 0
REFUSED: Final = 1
"""The service has refused, or the message does not fit."""
WRONG_USE: Final = 2
"""Arguments, files or keys are not what they should be; nothing was sent."""
NO_ANSWER: Final = 3
"""No answer came, or none that can be read."""

HELP: Final = """The command of a merchant's engineer: signed calls, pushes, and the world around a sandbox's merchant.

Keys are those of `sandbox.json`: `--sandbox`, `BURSAR_SANDBOX`, or `var/sandbox.json`. `--keys` names other ones for
`call`, `sign`, `verify` and `decrypt`: a file of the same form, or `env` for the variables of the SDK.

Exit codes: 0 done, 1 refused or does not fit, 2 wrong use, 3 no answer.
"""

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP, rich_markup_mode=None
)


@dataclass
class Chosen:
    """The options of all commands."""

    sandbox: Path = Path("var/sandbox.json")
    merchant_no: str | None = None
    keys: str | None = None


chosen: Final = Chosen()


@app.callback()
def options(
    sandbox: Annotated[
        Path, typer.Option(envvar="BURSAR_SANDBOX", help="The sandbox.json of the install, or its folder.")
    ] = Path("var/sandbox.json"),
    merchant: Annotated[
        str | None, typer.Option(help="The number of the merchant whose world it is; else the first one's.")
    ] = None,
    keys: Annotated[
        str | None, typer.Option(help="The keys to sign and decrypt with: a file like sandbox.json, or `env`.")
    ] = None,
) -> None:
    """The options of all commands."""
    chosen.sandbox, chosen.merchant_no, chosen.keys = sandbox, merchant, keys


def sandbox() -> Sandbox:
    """The control API of the merchant's sandbox. Raises ConfigurationError."""
    return Sandbox.from_sandbox(chosen.sandbox, merchant_no=chosen.merchant_no)


def card_config() -> CardConfig:
    """Of the merchant's files. Raises ConfigurationError."""
    return CardConfig.from_env() if chosen.keys == "env" else CardConfig.from_sandbox(chosen.keys or chosen.sandbox)


def payout_config() -> PayoutConfig:
    """Of the merchant's files. Raises ConfigurationError."""
    if chosen.keys == "env":
        return PayoutConfig.from_env(callback_versions=(1, 2))
    return PayoutConfig.from_sandbox(chosen.keys or chosen.sandbox)


def known_keys() -> Keys:
    """All that the files have; an API that they say nothing of is left out. Raises ConfigurationError for a file that
    cannot be read, and for a key that is none."""
    if chosen.keys == "env":
        return Keys(_if_set(card_config), _if_set(payout_config))
    parts = read_sandbox(chosen.keys or chosen.sandbox)
    if not {"card", "payout"} & parts.keys():
        raise ConfigurationError(f"{chosen.keys or chosen.sandbox} has neither a part 'card' nor a part 'payout'")
    return Keys(card_config() if "card" in parts else None, payout_config() if "payout" in parts else None)


def _if_set(config: Any) -> Any:
    try:
        return config()
    except ConfigurationError:
        return None


def message_in(file: str) -> Message:
    """The message in a file, or in what is piped in for `-`. Raises typer.BadParameter."""
    try:
        raw = sys.stdin.buffer.read(FILE_MAX_BYTES + 1) if file == "-" else _bytes(Path(file))
        return read(raw)
    except (OSError, MessageUnread) as fault:
        raise typer.BadParameter(f"{file}: {fault}") from fault


def bytes_in(file: str) -> bytes:
    """The content of a file. Raises typer.BadParameter."""
    try:
        return _bytes(Path(file))
    except OSError as fault:
        raise typer.BadParameter(f"{file}: {fault}") from fault


def _bytes(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(FILE_MAX_BYTES + 1)


def show(value: Any) -> None:
    """JSON for people."""
    typer.echo(json_text(value, indent=2))


def show_line(value: Any) -> None:
    """JSON in one line."""
    typer.echo(json_text(value, separators=(",", ":")))
    sys.stdout.flush()


def json_text(value: Any, **options: Any) -> str:
    """JSON, a Decimal as the number that it was on the wire, with the digits that it had."""
    return _NUMBER.sub(r"\1", json.dumps(value, ensure_ascii=False, default=_plain, **options))


_NUMBER: Final = re.compile(r'"\\u0000(-?[0-9.]+)"')


def printable(text: str) -> str:
    """A text of somebody else's, without characters that a terminal obeys."""
    return "".join(each if each.isprintable() or each == "\n" else f"\\x{ord(each):02x}" for each in text)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"\0{value:f}"
    fields = getattr(value, "__dataclass_fields__", None)
    if fields:
        return {name: getattr(value, name) for name in fields}
    return dict(value) if isinstance(value, Mapping) else str(value)
