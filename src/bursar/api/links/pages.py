"""The pages of one-time links, each in one file, with nothing in it that could load or run anything else.

A page does what its buttons say by the calls of the API that it belongs to, and knows nothing else. The secret stands
behind the `#` of the address, which browsers send to nobody; the page takes it out of the address at once, and opens
the link only when somebody presses the button, since programs that look through mail open links too.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TEMPLATES: Final = files(__package__) / "templates"


@dataclass(frozen=True, slots=True)
class LinkPages:
    """The pages of one API: of invitations, and of forgotten passwords where it has those."""

    below: str
    """The path that the pages stand below: `/merchant`."""
    api: str
    """The prefix of the API's calls: `/merchant/v1`."""
    resets: bool

    def routes(self, headers: Mapping[str, str]) -> Iterator[Route]:
        """The routes of the pages, which are answered with these headers too."""
        for name in ("link", "reset") if self.resets else ("link",):
            yield Route(f"{self.below}/{name}", self._page(name, headers).serve, methods=["GET"])

    def _page(self, name: str, headers: Mapping[str, str]) -> "_Page":
        style, script = ((TEMPLATES / file).read_text("utf-8") for file in ("link.css", f"{name}.js"))
        shared = (TEMPLATES / "calls.js").read_text("utf-8").replace("@API@", self.api)
        text = (TEMPLATES / f"{name}.html").read_text("utf-8")
        page = text.replace("@BELOW@", self.below).replace("@STYLE@", style).replace("@SCRIPT@", shared + script)
        return _Page(page.encode(), {**headers, "Content-Security-Policy": _policy(style, shared + script)})


class _Page:
    """A page that does not change while the process lives."""

    def __init__(self, content: bytes, headers: Mapping[str, str]) -> None:
        self._content = content
        self._headers = {
            **headers,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }

    async def serve(self, _: Request) -> Response:
        """The page."""
        return Response(self._content, media_type="text/html", headers=self._headers)


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy that allows these two inline parts by their hashes, and calls of ours."""
    closed = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'"
    return f"{closed}; style-src {_hashed(style)}; script-src {_hashed(script)}"


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
