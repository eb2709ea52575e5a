"""Writes src/bursar/api/docs/calls.json: the calls that bring each code about, as the tests of codes make them.

python tools/record_calls.py            runs the tests, which takes minutes, and writes what they did
python tools/record_calls.py FOLDER     takes what a run has written into the folder already
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "src/bursar/api/docs/calls.json"
FOLDER: Final = "BURSAR_TEST_RECORD"
Step = dict[str, Any]


def main(arguments: list[str]) -> int:
    """The exit code of the tests."""
    if arguments:
        TARGET.write_text(collected(Path(arguments[0])), "utf-8")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "tests/codes", "-q"]
        ran = subprocess.run(command, cwd=ROOT, env={**os.environ, FOLDER: folder})
        if ran.returncode == 0:
            TARGET.write_text(collected(Path(folder)), "utf-8")
        return ran.returncode


def collected(folder: Path) -> str:
    """The file's text, of the files of all cases."""
    found: dict[str, dict[str, list[Step]]] = {"card": {}, "payout": {}}
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        found[case["api"]][case["case"]] = list(shown(case["steps"]))
    lines = json.dumps(found, ensure_ascii=False, indent=None, separators=(",", ":"))
    return lines.replace('"],"', '"],\n"').replace('}],"', '}],\n"').replace('}},"', '}},\n"') + "\n"


def shown(steps: list[Step]) -> Iterable[Step]:
    """The steps up to the call that counts, without looks at settings and without answers."""
    last = max((place for place, step in enumerate(steps) if step["api"] != "sandbox"), default=-1)
    for step in steps[: last + 1]:
        if step["api"] == "sandbox" and step["call"].startswith("PATCH") and not step["sent"]:
            continue
        yield {name: value for name, value in step.items() if name != "got"}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
