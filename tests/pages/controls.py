"""Runs the samples of the control API, one after another, beside the files of the page Signing."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bursar.sandbox.control.samples import samples

STREAM: Final = "GET /events/stream"
"""Ends when its reader goes."""
DRIVER: Final = """
for sample in controls/*.sh; do
    timeout "$(cat "${sample%.sh}.limit")" bash -euo pipefail "$sample" > "${sample%.sh}.out" 2> "${sample%.sh}.err"
    echo $? > "${sample%.sh}.code"
done
"""


def run_controls(folder: Path, env: Mapping[str, str]) -> dict[str, tuple[int, Any, str]]:
    """By call its exit code, the JSON that it printed last, and its complaints."""
    place = folder / "controls"
    place.mkdir()
    named = {f"{number:02}": call for number, call in enumerate(samples())}
    for name, call in named.items():
        (place / f"{name}.sh").write_text(samples()[call].program, "utf-8")
        (place / f"{name}.limit").write_text("1" if call == STREAM else "30")
    subprocess.run(["bash", "-c", DRIVER], cwd=folder, env=dict(env), check=True, timeout=300)
    return {call: _ran(place, name) for name, call in named.items()}


def _ran(place: Path, name: str) -> tuple[int, Any, str]:
    code, out, complaints = ((place / f"{name}.{kind}").read_text("utf-8") for kind in ("code", "out", "err"))
    return int(code), last_of(out), complaints + (out if int(code) else "")


def last_of(text: str) -> Any:
    """The last of the JSON values in a text; None for none."""
    decoder, found, start = json.JSONDecoder(), None, 0
    while start < len(text):
        if text[start].isspace():
            start += 1
            continue
        try:
            found, start = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            return None
    return found
