"""Structured logs: one JSON object a line on standard error. Nothing secret is ever handed to a logger."""

import io
import logging
import sys
import traceback
from contextlib import suppress
from typing import Final, TextIO, cast

import structlog

FRAMES_MAX: Final = 12
"""Of a traceback, the innermost ones."""


class _Unfailing(io.TextIOBase):
    """Standard error without the text that cannot be written, as on a full disk: no answer may depend on its
    log line.
    """

    def write(self, text: str) -> int:
        """Writes it if that can be done."""
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Writes the rest if that can be done."""
        with suppress(OSError):
            sys.stderr.flush()


def configure_logs(process: str) -> None:
    """Set up logging for a process; libraries' own warnings come out in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _exception,
    ]
    unfailing = cast(TextIO, _Unfailing())
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=unfailing),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(unfailing)
    renderer = structlog.processors.JSONRenderer()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _exception(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The place and kind of a fault; not its text, which may quote a row or a request."""
    fault = event.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()[1]
    if isinstance(fault, tuple):
        fault = fault[1]
    if isinstance(fault, BaseException):
        event["exception"] = type(fault).__qualname__
        event["at"] = "".join(traceback.format_tb(fault.__traceback__)[-FRAMES_MAX:])
    return event
