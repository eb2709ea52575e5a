"""The samples of the control API: a call in bash that runs as it is printed, and the answer that it had.

Calls stand in `samples.toml`, in an order in which all of them can be run; answers in `recorded.json`, made by
tools/record_controls.py of a fresh sandbox in which the program of the page Start has run.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from bursar.api.declarations import DeclarationIncomplete

_VALUE: Final = re.compile(r"\$([A-Z]+)\b")
_EXPANDED: Final = re.compile(r"\$\(.*?\)|\$[A-Z]+")
_LEAD: Final = ". ./signing.sh\n\n"


@dataclass(frozen=True, slots=True)
class ControlSample:
    """One call."""

    verb: str
    path: str
    """Below the prefix, with values in the place of names."""
    sent: str
    """JSON; empty for nothing."""
    values: str
    """The lines that come to the values in `path` and `sent`."""

    @property
    def program(self) -> str:
        """For bash, beside signing.sh."""
        call = f"sandbox {self.verb} {self._quoted}"
        if self.sent:
            mark = "JSON" if _EXPANDED.search(self.sent) else "'JSON'"
            call += f" <<{mark}\n{self.sent}\nJSON"
        elif self.verb not in ("GET", "DELETE"):
            call += " <<< ''"
        return _LEAD + self.values + call + "\n"

    @property
    def example(self) -> Any:
        """The body as the document shows it, with the names of values in braces; None for none."""
        shown = _EXPANDED.sub(lambda found: "{" + (re.sub(r"\W+", " ", found[0]).strip().lower()) + "}", self.sent)
        return json.loads(shown) if self.sent else None

    @property
    def _quoted(self) -> str:
        return f'"{self.path}"' if re.search(r"[$&?]", self.path) else self.path


@cache
def samples() -> Mapping[str, ControlSample]:
    """By verb and path as it is declared, `POST /cards/{card_id}/authorize`."""
    content = tomllib.loads((files(__package__) / "samples.toml").read_text("utf-8"))
    values: Mapping[str, str] = content["values"]
    found = {}
    for call, declared in content["samples"].items():
        path, sent = declared["path"], declared.get("sent", "")
        lines = dict.fromkeys(_lines(f"{path} {sent}", values))
        found[call] = ControlSample(call.partition(" ")[0], path, sent, "".join(f"{each}\n" for each in lines))
    return found


@cache
def answers() -> Mapping[str, Any]:
    """The recorded answer of each call but that of a stream; one that is new has none before it is recorded."""
    content: Mapping[str, Any] = json.loads((files(__package__) / "recorded.json").read_text("utf-8"))
    return content


def sample_of(call: str) -> ControlSample:
    """The sample of a call; raises DeclarationIncomplete."""
    if call not in samples():
        raise DeclarationIncomplete(f"src/bursar/sandbox/control/samples.toml has no sample of {call}: add it")
    return samples()[call]


def _lines(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """The lines that come to the values of a text, those that others need first."""
    for name in _VALUE.findall(text):
        if name in values:
            yield from _lines(values[name].replace(f"{name}=", "").replace(f"${name}", ""), values)
            yield values[name].strip()
