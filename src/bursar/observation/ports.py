"""Ports with a stop-watch: each call of a provider is counted by its outcome, and timed.

A measured adapter is the adapter in every other respect. Its calls are timed; its properties and its functions that
are no coroutines are passed through, since they reach nobody.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import Any, TypeVar, cast

from bursar.kernel import spans
from bursar.kernel.errors import Fact, Unavailable
from bursar.observation.metrics import PROVIDER_CALLS, PROVIDER_SECONDS

T = TypeVar("T")


def measured(port: str, adapter: T, name: str | None = None) -> T:
    """The adapter with a stop-watch; `name` tells it from others behind the same port, else its class does."""
    return cast(T, _Measured(port, adapter, name or type(adapter).__name__))


class _Measured:
    def __init__(self, port: str, adapter: object, name: str) -> None:
        self._port = port
        self._adapter = adapter
        self._name = name

    def __getattr__(self, call: str) -> Any:
        value = getattr(self._adapter, call)
        if not inspect.iscoroutinefunction(value):
            return value
        timed = _timed(value, self._port, self._name, call)
        setattr(self, call, timed)  # so that this is asked once
        return timed


def _timed(function: Callable[..., Awaitable[Any]], port: str, name: str, call: str) -> Callable[..., Awaitable[Any]]:
    seconds, told, about = PROVIDER_SECONDS.labels(port, name), f"{port}.{call}", {"bursar.adapter": name}
    counted = cache(partial(PROVIDER_CALLS.labels, port, name, call))

    async def timed(*args: Any, **named: Any) -> Any:
        began_s, outcome = time.perf_counter(), "ok"
        try:
            with spans.span(told, "client", None, about):
                return await function(*args, **named)
        except BaseException as fault:
            outcome = _outcome_of(fault)
            raise
        finally:
            seconds.observe(time.perf_counter() - began_s)
            counted(outcome).inc()

    return timed


def _outcome_of(fault: BaseException) -> str:
    if isinstance(fault, Unavailable | TimeoutError | OSError):
        return "unavailable"
    if isinstance(fault, Fact):
        return "refused"
    return "cut off" if isinstance(fault, asyncio.CancelledError) else "error"
