"""A proxy before PostgreSQL that counts the statements of a process and kills it at one of them.

It reads the messages of the wire protocol: a statement is a simple query, or the execution of a prepared one. At the
n-th the process is killed, and the server never hears of it: the server stands as after the statement before.
"""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from psycopg.conninfo import conninfo_to_dict, make_conninfo

STATEMENTS = b"QE"
CHUNK = 65_536


@dataclass
class StatementProxy:
    """Between a process and a server; `kill` is called once, at the statement `at`."""

    dsn: str
    """The server behind it."""
    at: int | None = None
    kill: Callable[[], None] = lambda: None
    statements: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listener: socket.socket = field(default_factory=socket.socket)

    def __enter__(self) -> "StatementProxy":
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def address(self) -> str:
        """The same database through the proxy."""
        port = self._listener.getsockname()[1]
        return make_conninfo(
            self.dsn, host="127.0.0.1", hostaddr="", port=port, sslmode="disable", gssencmode="disable"
        )

    def _accept(self) -> None:
        behind = conninfo_to_dict(self.dsn)
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((str(behind["host"]), int(str(behind["port"]))))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
            threading.Thread(target=_answer, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Message by message from the process to the server."""
        with suppress(OSError):
            server.sendall(_body(client, _exactly(client, 4)))  # the first one has no type
            while True:
                kind = _exactly(client, 1)
                message = kind + _body(client, _exactly(client, 4))
                if kind in STATEMENTS and self._is_last():
                    break
                server.sendall(message)
        _close(client, server)

    def _is_last(self) -> bool:
        """Count a statement; True from the one on at which the process is killed."""
        with self._lock:
            self.statements += 1
            if self.statements == self.at:
                self.kill()
            return self.at is not None and self.statements >= self.at


def _answer(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while some := server.recv(CHUNK):
            client.sendall(some)
    _close(client, server)


def _exactly(source: socket.socket, count: int) -> bytes:
    """Raises OSError where the other side has gone."""
    found = b""
    while len(found) < count:
        some = source.recv(min(count - len(found), CHUNK))
        if not some:
            raise ConnectionResetError
        found += some
    return found


def _body(source: socket.socket, head: bytes) -> bytes:
    return head + _exactly(source, struct.unpack("!I", head)[0] - 4)


def _close(*both: socket.socket) -> None:
    for each in both:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
