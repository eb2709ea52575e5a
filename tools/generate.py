"""Writes the files that are made of the code, or says which of them are not what the code would make.

python tools/generate.py            writes them
python tools/generate.py --check    changes nothing; fails when one is missing or out of date
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # started as a file from anywhere, the renderers stand beside it

import decision_index
import ledger_tables
import reference_apis
import reference_codes
import reference_commands
import reference_settings
import state_machines

ROOT = Path(__file__).parent.parent
GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/decisions/README.md": decision_index.render,
    "docs/ledger.md": ledger_tables.render,
    "docs/reference/card-api.md": reference_apis.render,
    "docs/reference/payout-api.md": reference_apis.render_payout,
    "docs/state-machines.md": state_machines.render,
    "docs/reference/codes.md": reference_codes.render,
    "docs/reference/commands.md": reference_commands.render,
    "docs/reference/settings.md": reference_settings.render,
}


def main(arguments: list[str]) -> int:
    """The exit code."""
    wrong = [name for name, render in GENERATED.items() if not _is(ROOT / name, render())]
    if "--check" not in arguments:
        for name in wrong:
            _write(ROOT / name, GENERATED[name]())
            print(f"wrote {name}")
        return 0
    for name in wrong:
        print(f"{name} is out of date: run python tools/generate.py")
    return 1 if wrong else 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
