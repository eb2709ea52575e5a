"""The clients of both merchant APIs, for threads and for asyncio.

    with BursarCard.from_sandbox("var/sandbox.json") as bursar:
        order = bursar.cards.recharge(card_id="101680210015", amount=Decimal("100.00"))

A client may be used from several threads (or tasks). It holds connections: close it, or use it in a `with`.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from cryptography.hazmat.primitives import serialization

from bursar_sdk import card_async, card_sync, journal, payout_async, payout_sync
from bursar_sdk.calls import (
    Answer,
    Call,
    Endpoint,
    Fault,
    Options,
    Request,
    Response,
    Step,
    Steps,
    Wire,
    Work,
    drive,
    drive_async,
    mint,
    parameters,
)
from bursar_sdk.card_endpoints import ENDPOINTS as CARD_ENDPOINTS
from bursar_sdk.config import CardConfig, PayoutConfig
from bursar_sdk.errors import ApiError, BursarError, JournalError, OutcomeUnknown
from bursar_sdk.journal import Entry, Journal
from bursar_sdk.payout_endpoints import ENDPOINTS as PAYOUT_ENDPOINTS
from bursar_sdk.wire_card import CardWire
from bursar_sdk.wire_payout import PayoutWire

KEPT_S = 29 * 86_400
"""The service keeps request ids for 30 days; a day before that they are not relied on any more."""
JOURNAL_LABEL = b"bursar-sdk journal 1"
JOURNALLED = frozenset({"id", "reference", "same"})
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)

C = TypeVar("C", bound="_Client")
S = TypeVar("S", bound="_Sync")
A = TypeVar("A", bound="_Async")


@dataclass(frozen=True)
class Settled:
    """The end of a call that a crash or a fault had left open."""

    entry: Entry
    value: Any
    """The answer, of the type of the method; None of a refusal."""
    error: ApiError | None
    """The refusal; None of a success. It is certain that a refused call did nothing."""

    @property
    def done(self) -> bool:
        """It was carried out, once."""
        return self.error is None


class _Client:
    """The part of every client that does no input and no output."""

    _wire: Wire
    _api: str

    def __init__(
        self, wire: Wire, options: Options, kept: Journal | None, secrets: Iterable[tuple[str, bytes]]
    ) -> None:
        """`secrets`: each key with its secret, the present one first and then those that were before."""
        self._wire = wire
        self._options = options
        self._journal = kept
        self._journal_keys = [(api_key, hmac.digest(each, JOURNAL_LABEL, "sha256")) for api_key, each in secrets]

    def _call_steps(self, endpoint: Endpoint, given: Mapping[str, Any], request_id: str | None, more: Any) -> Steps:
        """The steps of a call, written down in the journal around them; returns an Answer."""
        options = self._options if more is None else replace(self._options, deadline_s=more)
        call = Call(self._wire, endpoint, parameters(endpoint, given), request_id or mint(), options)
        if self._journal is None or endpoint.repeat not in JOURNALLED or endpoint.form:
            return call.steps()
        return self._recorded(call, self._journal)

    def _recorded(self, call: Call, kept: Journal) -> Steps:
        entry = self._entry(call)
        yield Work(lambda: kept.begin(entry))
        return (yield from self._ended(call.steps(), entry, kept))

    def _ended(self, steps: Steps, entry: Entry, kept: Journal) -> Steps:
        """The steps, and then the entry's end; it stays open while the outcome is unknown."""
        try:
            answer = yield from steps
        except BursarError as fault:
            if not isinstance(fault, OutcomeUnknown | JournalError) and not _is_unread(fault):
                yield Work(lambda: kept.end(entry.request_id, "refused"))
            raise
        yield Work(lambda: kept.end(entry.request_id, "done"))
        return answer

    def _entry(self, call: Call) -> Entry:
        now = time.time()
        return Entry(
            request_id=call.request_id,
            api=self._api,
            api_key=self._wire.api_key,
            method=call.endpoint.name,
            reference=call.reference,
            begun_at=now,
            until=now + call.options.deadline_s + call.options.timeout_s,
            sealed=journal.seal(self._journal_keys[0][1], call.request_id, dict(call.params)),
        )

    def _unfinished_steps(self, older_than_s: float) -> Steps:
        kept = self._needed_journal()
        entries: list[Entry] = []
        for api_key in dict.fromkeys(api_key for api_key, _ in self._journal_keys):
            entries += yield Work(partial(kept.unfinished, self._api, api_key))
        found = [entry for entry in entries if entry.begun_at <= time.time() - older_than_s]
        return sorted(found, key=lambda entry: entry.begun_at)

    def _resolve_steps(self, entry: Entry) -> Generator[Step, Any, Settled]:
        """Finish the call of an entry: it is carried out once, now or before."""
        kept, endpoint = self._needed_journal(), self._wire.endpoints[entry.method]
        params = journal.unseal([key for _, key in self._journal_keys], entry)
        if endpoint.repeat == "id" and not entry.reference and time.time() - entry.begun_at > KEPT_S:
            too_old = JournalError("older than 29 days: the service may have forgotten its id; look it up by hand")
            raise OutcomeUnknown(entry.method, entry.request_id, None, too_old)
        call = Call(self._wire, endpoint, params, entry.request_id, self._options, True, entry.until)
        try:
            answer: Answer = yield from self._ended(_found_or_repeated(call), entry, kept)
        except ApiError as refusal:
            return Settled(entry, None, refusal)
        return Settled(entry, endpoint.answer.read(answer.data), None)

    def _needed_journal(self) -> Journal:
        if self._journal is None:
            raise JournalError("the client has no journal: give it one, client(journal=SqliteJournal(path))")
        return self._journal


def _found_or_repeated(call: Call) -> Steps:
    """What was made already under the call's reference, or else the call."""
    if call.endpoint.reference is not None:
        found = yield from call.found()
        if found is not None:
            return found
    return (yield from call.steps())


def _is_unread(fault: BursarError) -> bool:
    """True of a success that could not be read: it is done, and reading it again is worth an entry."""
    return getattr(fault, "again", True) is False


# ── paging ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Page:
    rows: list[Any]
    is_last: bool


def _page_names(endpoint: Endpoint) -> tuple[str, str, int]:
    """The parameters of the page's number and size, and the size that is asked for where none is given."""
    return ("pageNo", "pageSize", 50) if "pageNo" in endpoint.fields else ("pageno", "pagesize", 100)


def _page(answer: Answer, number: int, size: int) -> _Page:
    data = answer.data
    if isinstance(data, Mapping):
        return _Page(list(data.get("list") or ()), number >= int(data.get("totalPages") or 0))
    rows, pages = list(data or ()), answer.headers.get("v-page-count", "")
    return _Page(rows, number >= int(pages) if pages.isdigit() else len(rows) < size)


# ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Sync(_Client):
    """A client that waits."""

    def _connect(self, http: httpx2.Client | None) -> None:
        self._owned = http is None
        self._http = http or httpx2.Client(timeout=self._options.timeout_s)

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, unless they were given."""
        if self._owned:
            self._http.close()

    def unfinished(self, *, older_than_s: float = 0.0) -> list[Entry]:
        """Calls in the journal that have not ended, oldest first; with `older_than_s` none that may still be running
        in another process. Raises JournalError."""
        found: list[Entry] = self._drive(self._unfinished_steps(older_than_s))
        return found

    def resolve(self, entry: Entry) -> Settled:
        """Settle a call of `unfinished()`: it is carried out once, now or before.

        Raises OutcomeUnknown while the service cannot be reached, or where a request that was sent may still arrive;
        JournalError where the entry cannot be read.
        """
        settled: Settled = self._drive(self._resolve_steps(entry))
        return settled

    def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        request_id: str | None = None,
        deadline_s: float | None = None,
    ) -> Any:
        """Any endpoint; the methods of the resources are typed and call this."""
        answer: Answer = self._drive(self._call_steps(endpoint, params, request_id, deadline_s))
        return endpoint.answer.read(answer.data)

    def pages(self, endpoint: Endpoint, params: Mapping[str, Any]) -> Iterator[Any]:
        """The rows of all pages, each page asked for when it is needed."""
        number_name, size_name, most = _page_names(endpoint)
        number, size = params.get(number_name) or 1, params.get(size_name) or most
        while True:
            asked = {**params, number_name: number, size_name: size}
            answer: Answer = self._drive(self._call_steps(endpoint, asked, None, None))
            page = _page(answer, number, size)
            yield from endpoint.answer.read(page.rows)
            if page.is_last:
                return
            number += 1

    def rows(self, endpoint: Endpoint, params: Mapping[str, Any]) -> list[Any]:
        """The rows of one page, as they came."""
        answer: Answer = self._drive(self._call_steps(endpoint, params, None, None))
        return _page(answer, 1, 1).rows

    def _drive(self, steps: Steps) -> Any:
        return drive(steps, self._send, time.sleep)

    def _send(self, request: Request) -> Response | Fault:
        try:
            answer = self._http.request(
                request.method, request.url, headers=dict(request.headers), content=request.content or None
            )
        except httpx2.TransportError as fault:
            return Fault(not isinstance(fault, NEVER_SENT), fault)
        return _response(answer)


class _Async(_Client):
    """A client for asyncio."""

    def _connect(self, http: httpx2.AsyncClient | None) -> None:
        self._owned = http is None
        self._http = http or httpx2.AsyncClient(timeout=self._options.timeout_s)

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections, unless they were given."""
        if self._owned:
            await self._http.aclose()

    async def unfinished(self, *, older_than_s: float = 0.0) -> list[Entry]:
        """Calls in the journal that have not ended, oldest first; with `older_than_s` none that may still be running
        in another process. Raises JournalError."""
        found: list[Entry] = await self._drive(self._unfinished_steps(older_than_s))
        return found

    async def resolve(self, entry: Entry) -> Settled:
        """Settle a call of `unfinished()`: it is carried out once, now or before.

        Raises OutcomeUnknown while the service cannot be reached, or where a request that was sent may still arrive;
        JournalError where the entry cannot be read.
        """
        settled: Settled = await self._drive(self._resolve_steps(entry))
        return settled

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        request_id: str | None = None,
        deadline_s: float | None = None,
    ) -> Any:
        """Any endpoint; the methods of the resources are typed and call this."""
        answer: Answer = await self._drive(self._call_steps(endpoint, params, request_id, deadline_s))
        return endpoint.answer.read(answer.data)

    async def pages(self, endpoint: Endpoint, params: Mapping[str, Any]) -> AsyncIterator[Any]:
        """The rows of all pages, each page asked for when it is needed."""
        number_name, size_name, most = _page_names(endpoint)
        number, size = params.get(number_name) or 1, params.get(size_name) or most
        while True:
            asked = {**params, number_name: number, size_name: size}
            answer: Answer = await self._drive(self._call_steps(endpoint, asked, None, None))
            page = _page(answer, number, size)
            for row in endpoint.answer.read(page.rows):
                yield row
            if page.is_last:
                return
            number += 1

    async def rows(self, endpoint: Endpoint, params: Mapping[str, Any]) -> list[Any]:
        """The rows of one page, as they came."""
        answer: Answer = await self._drive(self._call_steps(endpoint, params, None, None))
        return _page(answer, 1, 1).rows

    async def _drive(self, steps: Steps) -> Any:
        return await drive_async(steps, self._send, asyncio.sleep)

    async def _send(self, request: Request) -> Response | Fault:
        try:
            answer = await self._http.request(
                request.method, request.url, headers=dict(request.headers), content=request.content or None
            )
        except httpx2.TransportError as fault:
            return Fault(not isinstance(fault, NEVER_SENT), fault)
        return _response(answer)


def _response(answer: httpx2.Response) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status_code, headers, answer.content)


# ── the four clients ─────────────────────────────────────────────────────────────────────────────────────────────────


class BursarCard(_Sync, card_sync.Resources):
    """The card and wallet API.

    `timeout_s` is that of one try, `deadline_s` that of all tries of a call; `language` (`en`, `zh`, `ar`) that of the
    messages; `journal` remembers calls over a crash, and `earlier` has the configurations before a key was replaced, so
    that calls in the journal from that time are found and settled; `http` is a client of your own for the connections.
    """

    _api = "card"

    def __init__(
        self,
        config: CardConfig,
        *,
        journal: Journal | None = None,
        earlier: Sequence[CardConfig] = (),
        options: Options | None = None,
        language: str | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        wire = CardWire(config, CARD_ENDPOINTS, language)
        secrets = [(each.api_key, each.secret_key.encode()) for each in (config, *earlier)]
        _Client.__init__(self, wire, options or Options(), journal, secrets)
        self._connect(http)
        card_sync.Resources.__init__(self, self, wire)
        self.config = config

    @classmethod
    def from_sandbox(cls, path: str | Path | None = None, **more: Any) -> BursarCard:
        """The sandbox's merchant, by the path of its `sandbox.json`; `more` as in the constructor."""
        return cls(CardConfig.from_sandbox(path), **more)

    @classmethod
    def from_env(cls, **more: Any) -> BursarCard:
        """From the environment's variables, see `CardConfig.from_env`; `more` as in the constructor."""
        return cls(CardConfig.from_env(), **more)


class AsyncBursarCard(_Async, card_async.Resources):
    """The card and wallet API for asyncio; as `BursarCard`."""

    _api = "card"

    def __init__(
        self,
        config: CardConfig,
        *,
        journal: Journal | None = None,
        earlier: Sequence[CardConfig] = (),
        options: Options | None = None,
        language: str | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        wire = CardWire(config, CARD_ENDPOINTS, language)
        secrets = [(each.api_key, each.secret_key.encode()) for each in (config, *earlier)]
        _Client.__init__(self, wire, options or Options(), journal, secrets)
        self._connect(http)
        card_async.Resources.__init__(self, self, wire)
        self.config = config

    @classmethod
    def from_sandbox(cls, path: str | Path | None = None, **more: Any) -> AsyncBursarCard:
        """The sandbox's merchant, by the path of its `sandbox.json`; `more` as in the constructor."""
        return cls(CardConfig.from_sandbox(path), **more)

    @classmethod
    def from_env(cls, **more: Any) -> AsyncBursarCard:
        """From the environment's variables, see `CardConfig.from_env`; `more` as in the constructor."""
        return cls(CardConfig.from_env(), **more)


class BursarPayout(_Sync, payout_sync.Resources):
    """The payout and OTP API; parameters as those of `BursarCard`."""

    _api = "payout"

    def __init__(
        self,
        config: PayoutConfig,
        *,
        journal: Journal | None = None,
        earlier: Sequence[PayoutConfig] = (),
        options: Options | None = None,
        language: str | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        wire = PayoutWire(config, PAYOUT_ENDPOINTS, language)
        secrets = [(each.api_key, _secret_of(each)) for each in (config, *earlier)]
        _Client.__init__(self, wire, options or Options(), journal, secrets)
        self._connect(http)
        payout_sync.Resources.__init__(self, self, wire)
        self.config = config

    @classmethod
    def from_sandbox(cls, path: str | Path | None = None, **more: Any) -> BursarPayout:
        """The sandbox's merchant, by the path of its `sandbox.json`; `more` as in the constructor."""
        return cls(PayoutConfig.from_sandbox(path), **more)

    @classmethod
    def from_env(cls, **more: Any) -> BursarPayout:
        """From the environment's variables, see `PayoutConfig.from_env`; `more` as in the constructor."""
        return cls(PayoutConfig.from_env(), **more)


class AsyncBursarPayout(_Async, payout_async.Resources):
    """The payout and OTP API for asyncio; as `BursarPayout`."""

    _api = "payout"

    def __init__(
        self,
        config: PayoutConfig,
        *,
        journal: Journal | None = None,
        earlier: Sequence[PayoutConfig] = (),
        options: Options | None = None,
        language: str | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        wire = PayoutWire(config, PAYOUT_ENDPOINTS, language)
        secrets = [(each.api_key, _secret_of(each)) for each in (config, *earlier)]
        _Client.__init__(self, wire, options or Options(), journal, secrets)
        self._connect(http)
        payout_async.Resources.__init__(self, self, wire)
        self.config = config

    @classmethod
    def from_sandbox(cls, path: str | Path | None = None, **more: Any) -> AsyncBursarPayout:
        """The sandbox's merchant, by the path of its `sandbox.json`; `more` as in the constructor."""
        return cls(PayoutConfig.from_sandbox(path), **more)

    @classmethod
    def from_env(cls, **more: Any) -> AsyncBursarPayout:
        """From the environment's variables, see `PayoutConfig.from_env`; `more` as in the constructor."""
        return cls(PayoutConfig.from_env(), **more)


def _secret_of(config: PayoutConfig) -> bytes:
    """Bytes that nobody else has: the private key."""
    return config.merchant_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
