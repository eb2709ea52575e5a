"""Path and query of a request exactly as sent: the text that signatures cover.

ASGI gives the two apart, so that a "?" with nothing behind it is lost; the protocol keeps the target for us.
"""

from collections.abc import Mapping
from typing import Any, Final

TARGET: Final = "bursar.target"
"""The key in a request's scope under which `connections` keeps the target of the request line."""


def path_and_query(scope: Mapping[str, Any]) -> bytes:
    """Path and query as sent, without scheme and host and without a fragment, which no client sends."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query or _ends_in_mark(scope.get(TARGET, b"")) else path


def _ends_in_mark(target: bytes) -> bool:
    return target.partition(b"#")[0].endswith(b"?")
