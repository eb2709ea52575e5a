"""`bursar-cli`: all commands, and their exit codes."""

from __future__ import annotations

import typer

from bursar_sdk.cli import proofs as proofs
from bursar_sdk.cli import pushes as pushes
from bursar_sdk.cli import world as world
from bursar_sdk.cli.frame import NO_ANSWER, REFUSED, WRONG_USE, app
from bursar_sdk.errors import (
    ApiError,
    BursarError,
    ConfigurationError,
    ConnectionFailed,
    OutcomeUnknown,
    SandboxRefused,
    UnreadableAnswer,
)

__all__ = ["app", "run"]


def run() -> None:
    """Run the command; a refusal and a fault are told in one line."""
    try:
        app()
    except ApiError as refusal:
        _end(f"{refusal.answered_code} {refusal.message} (request {refusal.request_id})", REFUSED)
    except SandboxRefused as refusal:
        _end(str(refusal), REFUSED)
    except (ConnectionFailed, OutcomeUnknown, UnreadableAnswer) as fault:
        _end(str(fault), NO_ANSWER)
    except (ConfigurationError, OSError, TypeError, ValueError) as fault:
        _end(str(fault), WRONG_USE)
    except BursarError as fault:
        _end(str(fault), REFUSED)


def _end(said: str, code: int) -> None:
    typer.echo(said, err=True)
    raise SystemExit(code) from None
