"""Asks a chain's nodes over JSON-RPC 2.0, the first that answers well in the order of preference.

Promises: a node that cannot be reached, hangs, drips, answers rubbish or too much costs one timeout and then rests for
a while, as does one that is behind; one of another network than the configured one is never believed. Reading an answer
is part of the asking, so that an answer nobody can read counts as none.

Refuses to know the meaning of the methods. Addresses of nodes may contain keys: they go into no log and no error.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import httpx2
import orjson
import structlog

from bursar.kernel.errors import ProviderUnavailable

TIMEOUT_S: Final = 10.0
"""For one request, from the name to the last byte."""
CONNECT_TIMEOUT_S: Final = 3.0
BODY_BYTES_MAX: Final = 32 * 1024 * 1024
"""Of one answer."""
BATCH_MAX: Final = 100
"""Calls in one request; more are sent as several."""
REST_S: Final = 20.0
"""Seconds for which a node that failed is asked after all others."""
CONNECTIONS_MAX: Final = 16
"""To all nodes of a chain together."""
TOO_LARGE: Final = -1
"""The code of NodeRefused for an answer above `BODY_BYTES_MAX`; no node has it."""
TEXT_CHARS_MAX: Final = 300
"""Of a node's error message."""
_HASH_BITS: Final = 64
_TRON_ID_SPAN: Final = 1 << 32

log = structlog.get_logger(__name__)
T = TypeVar("T")


class NodeRefused(ProviderUnavailable):
    """Every node that answered, answered with an error; this is the preferred one's."""

    code: int
    text: str


class NodeBehind(ProviderUnavailable):
    """Every node has answered, and none has come as far as was asked for."""


class AnswerMalformed(ValueError):
    """An answer is not in the form that the method promises."""


class AnswerTooLarge(ValueError):
    """An answer is longer than anybody reads."""


@dataclass(frozen=True, slots=True)
class Call:
    """One method with its parameters."""

    method: str
    params: tuple[Any, ...] = ()


@dataclass(slots=True)
class Node:
    """One address, and how it has been doing."""

    url: str = field(repr=False)
    number: int
    """Its place in the order of preference; its name in logs."""
    resting_until_s: float = 0.0
    is_right_network: bool = False

    def rest(self, fault: Exception) -> None:
        """Ask it last for a while; unless it is only behind, check its network again."""
        self.resting_until_s = time.monotonic() + REST_S
        self.is_right_network &= isinstance(fault, NodeBehind)


class Nodes:
    """The nodes of one chain; `network_id` 0 takes their word for which chain it is."""

    def __init__(self, chain_id: str, urls: Sequence[str], network_id: int = 0, timeout_s: float = TIMEOUT_S) -> None:
        self._chain_id = chain_id
        self._nodes = [Node(url, number) for number, url in enumerate(urls, start=1)]
        self._network_id = network_id
        self._timeout_s = timeout_s
        self._http = httpx2.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
            limits=httpx2.Limits(max_connections=CONNECTIONS_MAX),
            headers={"Content-Type": "application/json", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, operation: str, calls: Sequence[Call], read: Callable[[list[Any]], T]) -> T:
        """The value that `read` makes of the results, all of them from one node.

        Raises NodeRefused, NodeBehind or ProviderUnavailable when no node serves. `read` may raise AnswerMalformed or
        NodeBehind: then the next one is asked.
        """

        async def exchange(peer: "Peer") -> T:
            return read(await peer.call(*calls))

        return await self.one(operation, exchange)

    async def ask_all(self, operation: str, calls: Sequence[Call], read: Callable[[list[Any]], T]) -> list[T]:
        """The value that `read` makes of the results of each node that serves; raises as `ask` does when
        there is none.
        """

        async def exchange(peer: "Peer") -> T:
            return read(await peer.call(*calls))

        return await self.each(operation, exchange)

    async def one(self, operation: str, exchange: Callable[["Peer"], Awaitable[T]]) -> T:
        """The result of several questions to one node, the first that serves; raises as `ask` does."""
        return (await self._collect(operation, exchange, enough=1))[0]

    async def each(self, operation: str, exchange: Callable[["Peer"], Awaitable[T]]) -> list[T]:
        """The result of several questions to each node that serves; raises as `ask` does when there is none."""
        return await self._collect(operation, exchange, enough=len(self._nodes))

    async def _collect(self, operation: str, exchange: Callable[["Peer"], Awaitable[T]], enough: int) -> list[T]:
        """Answers of the first nodes that serve."""
        answers: list[T] = []
        faults: list[ProviderUnavailable] = []
        for node in self._in_order():
            try:
                await self._know(node, operation)
                answers.append(await exchange(Peer(self, node, operation)))
            except NodeRefused as refusal:
                faults.append(refusal)
            except AnswerTooLarge:
                faults.append(NodeRefused(operation, TOO_LARGE, "the answer is too large"))
            except (NodeBehind, httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, AnswerMalformed) as fault:
                node.rest(fault)
                log.warning(
                    "chain.node_fails", chain=self._chain_id, node=node.number, asked=operation, fault=_word(fault)
                )
                faults.append(fault if isinstance(fault, NodeBehind) else ProviderUnavailable(operation))
            if len(answers) == enough:
                break
        if not answers:
            raise _worst(faults) or ProviderUnavailable(operation)
        return answers

    def _in_order(self) -> list[Node]:
        now = time.monotonic()
        return sorted(self._nodes, key=lambda node: (node.resting_until_s > now, node.number))

    async def _know(self, node: Node, operation: str) -> None:
        """Make sure that it is a node of our network."""
        if node.is_right_network or not self._network_id:
            return
        (answer,) = await self.exchange(node, operation, [Call("eth_chainId")])
        if not isinstance(answer, str) or not _is_network(answer, self._network_id):
            raise AnswerMalformed("another network")
        node.is_right_network = True

    async def exchange(self, node: Node, operation: str, calls: Sequence[Call]) -> list[Any]:
        """The results of one request, in the order of the calls."""
        asked = [
            {"jsonrpc": "2.0", "id": number, "method": call.method, "params": call.params}
            for number, call in enumerate(calls)
        ]
        told = await self.send(node.url, asked[0] if len(asked) == 1 else asked)
        found = {
            answer["id"]: answer
            for answer in (told if isinstance(told, list) else [told])
            if isinstance(answer, dict) and isinstance(answer.get("id"), int)
        }
        for answer in found.values() if found else [told]:
            if isinstance(answer, dict) and answer.get("error") is not None:
                raise _refusal(operation, answer)  # of one call, or of the request as a whole
        return [_result(found.get(number)) for number in range(len(calls))]

    async def send(self, url: str, body: Any) -> Any:
        """A node's answer to one request."""
        async with asyncio.timeout(self._timeout_s), self._http.stream("POST", url, content=orjson.dumps(body)) as got:
            read = bytearray()
            async for part in got.aiter_raw():
                read += part
                if len(read) > BODY_BYTES_MAX:
                    raise AnswerTooLarge
        try:
            told = orjson.loads(read)
        except orjson.JSONDecodeError:
            raise AnswerMalformed(f"status {got.status_code}, no JSON") from None
        if got.status_code >= httpx2.codes.BAD_REQUEST and not _has_error(told):
            raise AnswerMalformed(f"status {got.status_code}")
        return told


class Peer:
    """One node, while it is asked about one thing."""

    def __init__(self, nodes: Nodes, node: Node, operation: str) -> None:
        self._nodes = nodes
        self._node = node
        self._operation = operation

    async def call(self, *calls: Call) -> list[Any]:
        """The results, in the order of the calls."""
        answers: list[Any] = []
        for start in range(0, len(calls), BATCH_MAX):
            answers += await self._nodes.exchange(self._node, self._operation, calls[start : start + BATCH_MAX])
        return answers

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer of the node's HTTP API, an object; its place is the URL's fragment, or beside `/jsonrpc`."""
        url, _, beside = self._node.url.partition("#")
        told = await self._nodes.send((beside or url.removesuffix("/jsonrpc")).rstrip("/") + path, body)
        if not isinstance(told, dict):
            raise AnswerMalformed("no object")
        return told


def _has_error(told: object) -> bool:
    return isinstance(told, dict) and isinstance(told.get("error"), dict)


def _result(answer: dict[str, Any] | None) -> Any:
    if answer is None or "result" not in answer:
        raise AnswerMalformed("no answer to a call")
    return answer["result"]


def _refusal(operation: str, answer: dict[str, Any]) -> Exception:
    error = answer.get("error")
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        return AnswerMalformed("an error without a code")
    return NodeRefused(operation, error["code"], str(error.get("message", ""))[:TEXT_CHARS_MAX])


def _is_network(answer: str, network_id: int) -> bool:
    """Older TRON nodes tell the whole hash of their first block, of which the id is the end."""
    try:
        found = int(answer, 16)
    except ValueError:
        return False
    return found == network_id or (found.bit_length() > _HASH_BITS and found % _TRON_ID_SPAN == network_id)


def _worst(faults: Sequence[ProviderUnavailable]) -> ProviderUnavailable | None:
    """The fault to report when nobody served: a node's own words first, and that all are behind only if all said so."""
    refusals = [fault for fault in faults if isinstance(fault, NodeRefused)]
    silences = [fault for fault in faults if not isinstance(fault, NodeBehind)]
    return next(iter(refusals + silences + list(faults)), None)


def _word(fault: Exception) -> str:
    return str(fault) if isinstance(fault, AnswerMalformed) else type(fault).__name__
