"""HTTP connections, bounded in number, in the bytes and the time of a request's head, and in the time they may be idle.

uvicorn's parser keeps a header field until it is complete and limits nothing, so that the limits stand here, beside the
parser. A complete request is answered, also when the client has closed its side by then or went on with something that
is no request: the change it asked for may have been made.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

import httptools
from prometheus_client import Counter as Counted
from prometheus_client import Gauge
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from bursar.api.addresses import Proxies
from bursar.api.request_target import TARGET
from bursar.api.turns import Turns
from bursar.kernel.ip_networks import subscriber

PIECE_BYTES: Final = 8 * 1024
"""The parser is fed so much at a time; requests beyond those in one piece wait unparsed for their turn."""
HEAD_PIECE_BYTES: Final = 1024
"""As long as a head is expected, so that no more than a few small requests are read together."""
BODY_AFTER_ANSWER_S: Final = 15.0
"""The time for the rest of a body that was answered before it was complete."""
ANSWER_TAKEN_WITHIN_S: Final = 60.0
"""The time in which a client must make room for more of an answer, or take the rest of the last one."""
_FRAMING: Final = (b"content-length", b"transfer-encoding")
LINGER_S: Final = 2.0
"""After a refusal the client's bytes are dropped for this long: a reset would destroy the answer on its way."""
DROP_EVERY_S: Final = 0.05
"""The pause between two reads of dropped bytes."""

OPEN: Final = Gauge("bursar_connections_open", "HTTP connections that are open.")
REFUSED: Final = Counted("bursar_connections_refused", "HTTP connections ended by a limit, by reason.", ["reason"])


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of connections that an operator may set."""

    head_bytes: int = 32 * 1024
    """Target and header fields of a request, or its trailer fields, together."""
    head_fields: int = 100
    head_timeout_s: float = 10.0
    """From the first byte of a head, or the beginning of the connection, to the end of the head."""
    idle_timeout_s: float = 60.0
    per_address: int = 500
    """Open connections of one IPv4 address, or of one /64 of IPv6; a trusted proxy has no such limit."""
    in_all: int = 2_000


class ConnectionTable:
    """The open connections of one process."""

    def __init__(self, limits: Limits | None = None, proxies: Proxies | None = None) -> None:
        self.limits = limits or Limits()
        self.proxies = proxies or Proxies()
        self.turns = Turns()
        self._sources: dict[Connection, str] = {}
        self._open: Counter[str] = Counter()
        self._unbegun: dict[str, dict[Connection, None]] = {}
        """By source, those with no complete request that is unanswered: nobody has been promised anything on them."""

    def enter(self, connection: "Connection", peer: str) -> str | None:
        """Take a connection in, or say why not.

        When all places are taken, a connection without a complete request makes room, whether idle or still sending
        one: of the source that has most of all, the one that has been so for longest.
        """
        source = "" if self.proxies.trusts(peer) else subscriber(peer)
        if source and self._open[source] >= self.limits.per_address:
            return "per_address"
        if len(self._sources) >= self.limits.in_all:
            if not self._unbegun:
                return "in_all"
            self._close_one(max(self._unbegun, key=self._open.__getitem__))
        self._sources[connection] = source
        self._open[source] += 1
        self.unbegun(connection)
        OPEN.inc()
        return None

    def leave(self, connection: "Connection") -> None:
        """Let go of a connection; does nothing for one that is not there."""
        source = self._sources.pop(connection, None)
        if source is None:
            return
        OPEN.dec()
        self._begun(connection, source)
        self._open[source] -= 1
        if not self._open[source]:
            del self._open[source]

    def _close_one(self, source: str) -> None:
        connection = next(iter(self._unbegun[source]))
        self.leave(connection)
        connection.transport.close()

    def unbegun(self, connection: "Connection") -> None:
        """The connection waits for a request, or for the rest of one."""
        source = self._sources.get(connection)
        if source is not None:
            self._unbegun.setdefault(source, {})[connection] = None

    def begun(self, connection: "Connection") -> None:
        """A request has come completely."""
        source = self._sources.get(connection)
        if source is not None:
            self._begun(connection, source)

    def _begun(self, connection: "Connection", source: str) -> None:
        waiting = self._unbegun.get(source, {})
        waiting.pop(connection, None)
        if not waiting:
            self._unbegun.pop(source, None)


class _Wire:
    """The transport of one answer: its head waits for the first of its body, so that both leave in one system call."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._transport = cycle.transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Sends data; the first after an answer has started is its head."""
        if self._head is None and self._cycle.response_started:
            self._head = data
        elif self._head:
            self._transport.write(self._head + data)
            self._head = b""
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Sends a head that no body has followed."""
        if self._head:
            self.write(b"")

    def is_closing(self) -> bool:
        """True once the transport is closing."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Closes the transport after its last bytes."""
        self.flush()
        self._transport.close()


class _HeadTooLarge(Exception):
    """A head is beyond its limits."""


class Connection(HttpToolsProtocol):
    """One connection. `connection_class` makes the class for a server."""

    table: ClassVar[ConnectionTable]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timeout_keep_alive = self.table.limits.idle_timeout_s  # type: ignore[assignment]
        self._answering: RequestResponseCycle | None = None
        self._wire: _Wire
        """That of the answer under way."""
        self._in_head = True
        self._head_bytes = 0
        self._head_fields = 0
        self._kept_bytes = 0
        """Bytes fed to the parser since it last handed something out: the most that it can keep."""
        self._unparsed = b""
        self._repeats_head = False
        """The parser gets the head again that it has read before."""
        self._ended = False
        """Nothing that comes is looked at any more."""
        self._refusal: int | None = None
        """The status to be sent when all that is complete has been answered."""
        self._half_closed = False
        self._deadline: asyncio.TimerHandle | None = None
        self._untaken: asyncio.TimerHandle | None = None

    # ── beginning and end ────────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection in, or answers 503 and closes it."""
        super().connection_made(transport)
        reason = self.table.enter(self, self.client[0] if self.client else "")
        if reason is None:
            self._expect_within(self.table.limits.head_timeout_s, self._head_is_late)
        else:
            REFUSED.labels(reason).inc()
            self._ended = True
            self._write_refusal(503)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self.table.leave(self)
        self._expect_nothing()
        if self._untaken is not None:
            self._untaken.cancel()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()
        self._ended = True
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keeps our side open as long as a complete request is unanswered; a request cut off is not answered."""
        self._half_closed = True
        if not self._unparsed:
            self._drop_cut_off()
        if self._ended and self._refusal is None:
            return False
        self._close_after_last()
        return self._is_answering() or bool(self._unparsed)

    def _is_answering(self) -> bool:
        """A request that has come completely has not been answered completely."""
        cycle = self._answering
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def _drop_cut_off(self) -> None:
        """A waiting request whose body will not become complete is not begun."""
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()

    def _close_after_last(self) -> None:
        last = self.pipeline[0][0] if self.pipeline else self._answering
        if last is not None and not self._unparsed:
            last.keep_alive = False

    # ── receiving ────────────────────────────────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        """Feeds the parser; bytes behind a waiting request are kept unparsed, and nothing more is read meanwhile."""
        if self._ended:
            self._drop_slowly()
        elif self._unparsed:
            self._unparsed += data
            self.flow.pause_reading()
        else:
            self._feed(data)

    def _drop_slowly(self) -> None:
        """Slow a client that goes on sending after a refusal down, to a rate that costs next to nothing."""
        self.flow.pause_reading()
        if self._refusal is None:
            self.loop.call_later(DROP_EVERY_S, self._drop_more)

    def _drop_more(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _feed(self, data: bytes) -> None:
        at = 0
        while at < len(data) and not self._ended:
            if self.pipeline:
                self._unparsed = data[at:]
                self.flow.pause_reading()
                return
            size = PIECE_BYTES if self._is_in_body() else HEAD_PIECE_BYTES
            at += self._feed_piece(data[at : at + size])
        if self._in_head and self._deadline is None and not self._ended:
            self._expect_within(self.table.limits.head_timeout_s, self._head_is_late)

    def _is_in_body(self) -> bool:
        return not self._in_head and self.cycle is not None and self.cycle.more_body

    def _feed_piece(self, piece: bytes) -> int:
        """The number of bytes that were taken."""
        self._kept_bytes += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as offer:
            self._decline_offer()
            return int(offer.args[0]) or len(piece)
        except httptools.HttpParserError as fault:
            too_large = isinstance(fault.__context__, _HeadTooLarge)
            self._refuse(*((431, "head_too_large") if too_large else (400, "malformed")))
        else:
            if self._kept_bytes > self.table.limits.head_bytes + PIECE_BYTES:
                self._refuse(431, "head_too_large")
        return len(piece)

    def _decline_offer(self) -> None:
        """Go on with HTTP/1.1 after a client has offered another protocol, as some do with their first request.

        The parser ends such a request with its head, so that another one, which is told the framing, reads the body.
        """
        framing = [(name, value) for name, value in self.headers if name in _FRAMING]
        head = b"".join(b"%s: %s\r\n" % field for field in framing)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._repeats_head = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + head + b"\r\n")
        self._repeats_head = False

    def on_message_begin(self) -> None:
        """A head begins."""
        if self._repeats_head:
            return
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._in_head = True
        self._head_bytes = self._head_fields = self._kept_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the target."""
        if not self._repeats_head:
            self._count(len(url), 0)
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A complete header field; trailer fields, which nobody has signed, are counted and dropped."""
        if self._repeats_head:
            return
        self._count(len(name) + len(value), 1)
        if self._in_head:
            super().on_header(name, value)

    def _count(self, count: int, fields: int) -> None:
        self._head_bytes += count
        self._head_fields += fields
        limits = self.table.limits
        if self._head_bytes > limits.head_bytes or self._head_fields > limits.head_fields:
            raise _HeadTooLarge

    def on_headers_complete(self) -> None:
        """The request begins; its `client` is whoever called, under TARGET stands its target as it was sent."""
        if self._repeats_head:
            return
        self._in_head = False
        self._head_bytes = self._head_fields = self._kept_bytes = 0
        self._expect_nothing()
        if self.client is not None:
            self.scope["client"] = (self.table.proxies.client(self.client[0], self.headers), self.client[1])
        self.scope[TARGET] = self.url  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._kept_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is complete."""
        if self.parser.should_upgrade():  # it is only about to be read
            return
        self._kept_bytes = 0
        if self.cycle.response_complete:
            self._expect_nothing()
            self.table.unbegun(self)
        else:
            self.table.begun(self)
        super().on_message_complete()

    # ── answering ────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        client = cycle.scope["client"]
        self.table.turns.take(subscriber(client[0] if client else ""), partial(self._begin, cycle, app))

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        """The request's turn has come; without its client, nobody has been promised anything yet."""
        if not cycle.disconnected:
            self._wire = _Wire(cycle)
            cycle.transport = self._wire  # type: ignore[assignment]
            super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Goes on with the bytes that waited for this answer."""
        self._wire.flush()  # an answer to HEAD has no body
        self._answering = None
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_unless_taken()
        elif self._answering is not None:
            if self._answering.more_body:
                self._feed_unparsed()
        elif self._refusal is not None:
            self._hang_up(self._refusal)
        elif self._unparsed:
            self._feed_unparsed()
        elif self.cycle.more_body:
            self._expect_within(BODY_AFTER_ANSWER_S, self._body_is_late)
        else:
            self.table.unbegun(self)

    def _feed_unparsed(self) -> None:
        """Go on with the bytes that waited, of which the rest of a request may be the first part."""
        data, self._unparsed = self._unparsed, b""
        self._feed(data)
        if self._half_closed and not self.eof_received():
            self.transport.close()

    def pause_writing(self) -> None:
        """The client does not take its answer as fast as it is given."""
        super().pause_writing()
        self._abort_unless_taken()

    def resume_writing(self) -> None:
        """The client has made room."""
        super().resume_writing()
        if self._untaken is not None:
            self._untaken.cancel()
            self._untaken = None

    def _abort_unless_taken(self) -> None:
        if self._untaken is None:
            self._untaken = self.loop.call_later(ANSWER_TAKEN_WITHIN_S, self._answer_is_not_taken)

    # ── limits of time ───────────────────────────────────────────────────────────────────────────────────────────

    def _expect_within(self, seconds: float, otherwise: Any) -> None:
        self._expect_nothing()
        self._deadline = self.loop.call_later(seconds, otherwise)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        self._deadline = None
        if self._kept_bytes or self._head_bytes:
            self._refuse(408, "head_late")
        else:
            self.transport.close()

    def _body_is_late(self) -> None:
        REFUSED.labels("body_late").inc()
        self.transport.close()

    def _answer_is_not_taken(self) -> None:
        REFUSED.labels("answer_not_taken").inc()
        self.transport.abort()

    # ── refusing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _refuse(self, status: int, reason: str) -> None:
        """Look at nothing more, and say so after the answers that are still owed."""
        REFUSED.labels(reason).inc()
        self._ended = True
        self._expect_nothing()
        self._drop_cut_off()
        if self._is_answering():
            self._refusal = status
        else:
            self._hang_up(status)

    def _hang_up(self, status: int) -> None:
        """Answer, close our side, and drop further bytes for a while."""
        self._refusal = None
        if self.transport.is_closing():
            return
        self._ended = True
        cut_off = self._answering
        if cut_off is not None:  # nothing of its answer may follow the refusal
            cut_off.disconnected = True
            cut_off.message_event.set()
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if cut_off is None or not cut_off.response_started:
            self._write_refusal(status)
        if self._half_closed:
            self.transport.close()
        else:
            self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_S, self.transport.abort)

    def _write_refusal(self, status: int) -> None:
        phrase = STATUS_LINE[status].split(b" ", 2)[2].strip()
        head = b"content-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(phrase)
        self.transport.write(STATUS_LINE[status] + head + phrase)


def connection_class(table: ConnectionTable) -> type[Connection]:
    """The protocol of a server whose connections are in `table`."""

    class OfServer(Connection):
        """A connection of this server."""

    OfServer.table = table
    return OfServer
