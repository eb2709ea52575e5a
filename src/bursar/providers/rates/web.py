"""A file of exchange rates behind a URL.

Whoever is at the other end is not trusted with more than the file: no redirect is followed, to whatever address or
scheme; nothing is unpacked; and both the time for the whole of it and its size are bounded. The URL may hold a secret,
so no fault quotes it.
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

import httpx2

from bursar.quotes.errors import SheetUnreachable
from bursar.quotes.model import SHEET_BYTES_MAX

TIMEOUT_S: Final = 10.0
"""For the whole file, however slowly it comes."""
_HEADERS: Final = {"Accept": "application/json, text/csv", "Accept-Encoding": "identity", "User-Agent": "bursar"}


class WebRates:
    """The port's adapter; a connection lasts as long as one file."""

    def __init__(self, url: str, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._timeout_s = timeout_s

    @property
    def place(self) -> str:
        """The host, for people."""
        return urlsplit(self._url).hostname or ""

    async def fetch(self) -> bytes:
        """The file; raises SheetUnreachable."""
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client() as client,
                client.stream("GET", self._url, headers=_HEADERS) as response,
            ):
                return await self._read(response)
        except TimeoutError:
            raise self._fault(f"it was not there within {self._timeout_s:g} s") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as fault:
            raise self._fault(f"no connection, or a broken one ({type(fault).__name__})") from None

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(timeout=self._timeout_s, trust_env=False, follow_redirects=False)

    async def _read(self, response: httpx2.Response) -> bytes:
        if response.is_redirect:
            raise self._fault("it is at another address by now; none is followed, so BURSAR_RATES_URL must name it")
        if response.status_code != httpx2.codes.OK:
            raise self._fault(f"the answer was {response.status_code}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise self._fault("it was packed, which was not asked for")
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > SHEET_BYTES_MAX:
                raise self._fault(f"it is larger than {SHEET_BYTES_MAX} bytes")
        return bytes(content)

    def _fault(self, why: str) -> SheetUnreachable:
        return SheetUnreachable(f"The file of rates could not be fetched from {self.place}: {why}")
