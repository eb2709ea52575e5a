"""Writes the files that are made of the code, or says which of them are not what the code would make.

python tools/generate.py            writes them
python tools/generate.py --check    changes nothing; fails when one is missing or out of date
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # started as a file from anywhere, the renderers stand beside it

from bursar.api.declarations import DeclarationIncomplete
from incomplete import Incomplete

ROOT = Path(__file__).parent.parent
GENERATED: Mapping[str, str] = {
    "docs/decisions/README.md": "decision_index.render",
    "docs/ledger.md": "ledger_tables.render",
    "docs/reference/card-api.md": "reference_apis.render",
    "docs/reference/merchant-api.md": "reference_apis.render_merchant",
    "docs/reference/merchant-permissions.md": "reference_permissions.render_merchant",
    "docs/reference/operator-api.md": "reference_apis.render_operator",
    "docs/reference/operator-permissions.md": "reference_permissions.render",
    "docs/reference/payout-api.md": "reference_apis.render_payout",
    "docs/state-machines.md": "state_machines.render",
    "docs/reference/codes.md": "reference_codes.render",
    "docs/reference/commands.md": "reference_commands.render",
    "docs/reference/merchant-roles.md": "reference_merchant_roles.render",
    "docs/reference/metrics.md": "reference_metrics.render",
    "docs/reference/roles.md": "reference_roles.render",
    "docs/reference/settings.md": "reference_settings.render",
    "tests/clients/card.py": "client_paths.render",
    "sdk/typescript/src/generated/card-errors.ts": "sdk_typescript.card_errors",
    "sdk/typescript/src/generated/card-resources.ts": "sdk_typescript.card_resources",
    "sdk/typescript/src/generated/card-types.ts": "sdk_typescript.card_types",
    "sdk/typescript/src/generated/control.ts": "sdk_typescript.control",
    "sdk/typescript/src/generated/payout-errors.ts": "sdk_typescript.payout_errors",
    "sdk/typescript/src/generated/payout-resources.ts": "sdk_typescript.payout_resources",
    "sdk/typescript/src/generated/payout-types.ts": "sdk_typescript.payout_types",
    "sdk/vectors.json": "sdk_vectors.render",
    "sdk/python/src/bursar_sdk/cli/causes.json": "site_codes.command",
    "sdk/python/src/bursar_sdk/card_async.py": "sdk_python.card_async",
    "sdk/python/src/bursar_sdk/card_endpoints.py": "sdk_python.card_endpoints",
    "sdk/python/src/bursar_sdk/card_errors.py": "sdk_python.card_errors",
    "sdk/python/src/bursar_sdk/card_events.py": "sdk_python.card_events",
    "sdk/python/src/bursar_sdk/card_sync.py": "sdk_python.card_sync",
    "sdk/python/src/bursar_sdk/card_types.py": "sdk_python.card_types",
    "sdk/python/src/bursar_sdk/payout_async.py": "sdk_python.payout_async",
    "sdk/python/src/bursar_sdk/payout_endpoints.py": "sdk_python.payout_endpoints",
    "sdk/python/src/bursar_sdk/payout_errors.py": "sdk_python.payout_errors",
    "sdk/python/src/bursar_sdk/payout_events.py": "sdk_python.payout_events",
    "sdk/python/src/bursar_sdk/payout_sync.py": "sdk_python.payout_sync",
    "sdk/python/src/bursar_sdk/payout_types.py": "sdk_python.payout_types",
    "sdk/python/src/bursar_sdk/sandbox_async.py": "sdk_python.sandbox_async",
    "sdk/python/src/bursar_sdk/sandbox_sync.py": "sdk_python.sandbox_sync",
    "sdk/python/src/bursar_sdk/sandbox_types.py": "sdk_python.sandbox_types",
    "src/bursar/api/docs/codes.json": "site_codes.render",
}
"""Each file, and the function beside this one that makes its text. A renderer is imported when it is needed: one that
is made of an incomplete declaration fails on import.
"""


def main(arguments: list[str]) -> int:
    """The exit code: 1 where a file is out of date, or where what it is made of lacks a part."""
    try:
        made = {name: _render(renderer) for name, renderer in GENERATED.items()}
    except (Incomplete, DeclarationIncomplete) as missing:
        print(missing)
        return 1
    wrong = [name for name, text in made.items() if not _is(ROOT / name, text)]
    if "--check" not in arguments:
        for name in wrong:
            _write(ROOT / name, made[name])
            print(f"wrote {name}")
        return 0
    for name in wrong:
        print(f"{name} is out of date: run python tools/generate.py")
    return 1 if wrong else 0


def _render(renderer: str) -> str:
    module, _, function = renderer.partition(".")
    text: str = getattr(import_module(module), function)()
    return text


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
