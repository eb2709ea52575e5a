"""HTTP as the server speaks it: uvicorn's protocol, with what ASGI leaves out of a request."""

from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bursar.api.request_target import TARGET


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    def on_headers_complete(self) -> None:
        """Keeps the target of the request line beside the parts that it is taken into."""
        cast(dict[str, Any], self.scope)[TARGET] = self.url
        super().on_headers_complete()
