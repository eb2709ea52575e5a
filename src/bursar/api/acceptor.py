"""Accepting connections: many at a time from the kernel, and a few at a time from there, addresses taking turns.

The kernel hands out connections in the order in which they came, so that a client that opens many would be before
everybody else. They are taken from it as fast as they come; the costly step, beginning them here, waits for its turn.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import structlog

from bursar.api.addresses import Proxies
from bursar.api.turns import Turns
from bursar.kernel.ip_networks import subscriber

log = structlog.get_logger()

ACCEPTED_AT_ONCE: Final = 128
WAITING_MAX: Final = 2_000
"""Accepted connections that wait for their turn; those beyond it stay with the kernel."""
WAITING_PER_ADDRESS: Final = 500
"""Of one address, as many as it may have open: a client that opens a hundred at once is none that floods. Its further
ones are closed. A trusted proxy has no such limit."""
REST_S: Final = 0.1
"""The pause after the system has refused to hand out a connection, usually for want of files."""


class Acceptor:
    """Accepts from one listening socket until closed, as an asyncio server does; `protocol` makes one for each."""

    def __init__(
        self, listening: socket.socket, protocol: Callable[[], asyncio.Protocol], turns: Turns, proxies: Proxies
    ) -> None:
        self._listening = listening
        self._protocol = protocol
        self._turns = turns
        self._proxies = proxies
        self._loop = asyncio.get_running_loop()
        self._waiting: set[socket.socket] = set()
        self._beginning: set[asyncio.Task[None]] = set()
        self._closed = False
        listening.setblocking(False)
        self._resume()

    def close(self) -> None:
        """Accept no more; connections that have not had their turn are closed."""
        self._closed = True
        self._loop.remove_reader(self._listening)
        for connection in self._waiting:
            connection.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""

    def _resume(self) -> None:
        if not self._closed:
            self._loop.add_reader(self._listening, self._accept_some)

    def _rest(self) -> None:
        self._loop.remove_reader(self._listening)
        self._loop.call_later(REST_S, self._resume)

    def _accept_some(self) -> None:
        for _ in range(min(ACCEPTED_AT_ONCE, WAITING_MAX - len(self._waiting))):
            try:
                connection, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as fault:
                log.error("connection not accepted", fault=fault.strerror)
                self._rest()
                return
            self._queue(connection, str(peer[0]))

    def _queue(self, connection: socket.socket, peer: str) -> None:
        source = subscriber(peer)
        if self._turns.waiting(source) >= WAITING_PER_ADDRESS and not self._proxies.trusts(peer):
            connection.close()
            return
        self._waiting.add(connection)
        self._turns.take(source, lambda: self._begin(connection))

    def _begin(self, connection: socket.socket) -> None:
        self._waiting.discard(connection)
        if self._closed:
            return
        task = self._loop.create_task(self._connect(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _connect(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # the client is gone
            connection.close()
