"""tests/clients/card.py with the endpoints whose bodies are encrypted, in the order of their declarations.

The client imports nothing of the service, so that it can be copied: the list is written into it.
"""

import re
from pathlib import Path
from typing import Final

from bursar.api.card.app import ENDPOINTS
from bursar.api.card.endpoint import PREFIX
from incomplete import Incomplete

CLIENT: Final = Path(__file__).parent.parent / "tests" / "clients" / "card.py"
_LIST: Final = re.compile(r"(?<=^ENCRYPTED = frozenset\(\n    \{\n).*?(?=^    \}\n\))", re.MULTILINE | re.DOTALL)


def render() -> str:
    """The client's text; raises Incomplete where it has no list to write anew."""
    text = CLIENT.read_text("utf-8")
    if not _LIST.search(text):
        raise Incomplete(f"tests/clients/{CLIENT.name} has no list `ENCRYPTED = frozenset(…)`: put it back")
    paths = [endpoint.path.removeprefix(f"{PREFIX}/") for endpoint in ENDPOINTS if endpoint.encrypted]
    return _LIST.sub("".join(f'        "{path}",\n' for path in paths), text)
