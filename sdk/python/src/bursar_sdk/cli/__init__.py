"""The command of a merchant's engineer, `bursar-cli`; it needs the extra `cli` (`pip install bursar-sdk[cli]`)."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; without its extra it says how to get it."""
    try:
        from bursar_sdk.cli.app import run
    except ModuleNotFoundError as missing:
        sys.exit(f"bursar-cli needs {missing.name}: pip install 'bursar-sdk[cli]'")
    run()
