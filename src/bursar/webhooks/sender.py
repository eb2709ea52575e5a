"""Sends webhooks over HTTP to addresses that a merchant named and nobody trusts.

Promises: a name is looked up once, every address it has is checked, and the connection goes to a checked address, so
that a name that changes its answer leads nowhere else; the name stays in Host and, verified, in TLS. No redirect is
followed, no proxy used, no cookie kept, no connection reused. All of it, from the name to the last byte, ends within
the given time, and no more of an answer is read than is needed.

Refuses to know the content, and the time of another try.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx2

from bursar.webhooks.errors import PushFailed, UrlFault, UrlRefused
from bursar.webhooks.model import Answer, HttpPost
from bursar.webhooks.urls import Address, is_public, read_url

ANSWER_BYTES_MAX: Final = 4096
"""Of an answer's body; the rest is not read."""
CONNECT_TIMEOUT_S: Final = 2.0
"""For one address, so that there is time left for the next."""
ADDRESSES_MAX: Final = 4
"""The most addresses of a name that are tried."""
LOOKUPS_MAX: Final = 32
"""Names looked up at the same time; each waits in a thread for the system's resolver."""
CHECK_TIMEOUT_S: Final = 5.0
"""For looking up the name of a URL that is only checked."""
USER_AGENT: Final = "Bursar-Webhooks/1"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host, as text, in the order they are tried; raises OSError when there are none."""


class SystemResolver:
    """Asks the system, in threads of its own: a name server that hangs holds up nothing but names."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS_MAX, thread_name_prefix="webhook-dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Addresses of `host`; raises OSError when there are none."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Start no more threads; one that hangs is left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[str]:
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class HttpSender:
    """Sends over HTTP and HTTPS; one for a process."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        allow_plain: bool | None = None,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allow_private` is for a sandbox, whose receivers run beside it, and so is `allow_plain`, HTTP without TLS,
        which goes with it unless it is said."""
        self._allow_private = allow_private
        self._allow_plain = allow_private if allow_plain is None else allow_plain
        self._system = SystemResolver()
        self._resolve: Resolve = resolve or self._system
        self._transport = httpx2.AsyncHTTPTransport(
            verify=tls or True,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def close(self) -> None:
        """Close all connections."""
        self._system.close()
        await self._transport.aclose()

    async def check(self, url: str) -> None:
        """Raises UrlRefused for a URL that nothing would be sent to; one whose name is not known yet may pass."""
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                await self._addresses(self._read(url))
        except (TimeoutError, PushFailed):
            return

    async def post(self, outgoing: HttpPost) -> Answer:
        """The answer, of any status; raises PushFailed when there is none in time, or for a refused URL."""
        try:
            async with asyncio.timeout(outgoing.timeout_s):
                return await self._post(outgoing)
        except (TimeoutError, httpx2.TimeoutException):
            raise PushFailed("timeout") from None
        except UrlRefused as refusal:
            raise PushFailed(f"url_refused_{refusal.fault}") from None
        except httpx2.TransportError as fault:
            raise PushFailed(_word(fault)) from None

    async def _post(self, outgoing: HttpPost) -> Answer:
        url = self._read(outgoing.url)
        addresses = await self._addresses(url)
        for address in addresses[:-1]:
            try:
                return await self._exchange(url, address, outgoing)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # nothing was sent yet, so the next address may be tried
        return await self._exchange(url, addresses[-1], outgoing)

    def _read(self, text: str) -> httpx2.URL:
        url = read_url(text)
        if url.scheme != "https" and not self._allow_plain:
            raise UrlRefused(UrlFault.SCHEME)
        return url

    async def _addresses(self, url: httpx2.URL) -> Sequence[Address]:
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await self._resolve(url.host, port)
            addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in found]
        except (OSError, ValueError):  # ValueError: a name that cannot be encoded, or an answer that is no address
            raise PushFailed("name_not_resolved") from None
        if not addresses:
            raise PushFailed("name_not_resolved")
        if not self._allow_private and not all(map(is_public, addresses)):
            raise UrlRefused(UrlFault.ADDRESS)
        return addresses[:ADDRESSES_MAX]

    async def _exchange(self, url: httpx2.URL, address: Address, outgoing: HttpPost) -> Answer:
        request = httpx2.Request(
            "POST",
            url.copy_with(host=str(address)),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": USER_AGENT,
                "Accept-Encoding": "identity",
                "Connection": "close",
                **outgoing.headers,
            },
            content=outgoing.body,
            extensions={
                "sni_hostname": url.raw_host.decode("ascii"),
                "timeout": {"connect": CONNECT_TIMEOUT_S, "read": None, "write": None, "pool": None},
            },
        )
        response = await self._transport.handle_async_request(request)
        try:
            return Answer(response.status_code, await _beginning(response))
        finally:
            await response.aclose()


async def _beginning(response: httpx2.Response) -> bytes:
    """The beginning of the body, as much as anybody looks at."""
    read = bytearray()
    async for part in response.aiter_raw():
        read += part
        if len(read) >= ANSWER_BYTES_MAX:
            break
    return bytes(read[:ANSWER_BYTES_MAX])


def _word(fault: httpx2.TransportError) -> str:
    if isinstance(fault, httpx2.ConnectError):
        return "connection_failed"
    return "protocol_error" if isinstance(fault, httpx2.ProtocolError) else "connection_lost"
