"""The work and the listing of `bursar doctor`."""

import contextlib
import os
from typing import Any

import uvloop
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bursar.cli.commands import own_database
from bursar.cli.tables import print_json, print_table
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.logs import configure_logs
from bursar.install.partial_settings import read_partial_settings
from bursar.install.settings import read_home
from bursar.main.doctor import Finding, examine


def doctor(console: Console, *, as_json: bool) -> bool:
    """Print what cannot be read and every port of this install's modules; True if nothing is wrong. Makes nothing."""
    configure_logs("doctor")
    with contextlib.ExitStack() as running:
        if not EmbeddedPostgres(read_home()).is_new:
            running.enter_context(own_database())
        partial = read_partial_settings(os.environ)
        settings = partial.settings
        findings = uvloop.run(examine(partial))
    if as_json:
        shown = sorted(settings.modules)
        print_json({"mode": settings.mode, "modules": shown, "ports": [*map(_row, findings)]})
    else:
        _print(console, findings)
    return not any(finding.fault for finding in findings)


def _print(console: Console, findings: list[Finding]) -> None:
    table = Table("Port", "For", "Adapter", "Found", box=None, header_style="bold")
    for finding in findings:
        adapter = finding.adapter
        found = f"[red]{escape(finding.fault)}[/]" if finding.fault else escape(finding.reached or "")
        table.add_row(adapter.port, ", ".join(sorted(adapter.modules)), adapter.name or "none", found)
    print_table(console, table)


def _row(finding: Finding) -> dict[str, Any]:
    adapter = finding.adapter
    return {
        "port": adapter.port,
        "modules": sorted(adapter.modules),
        "adapter": adapter.name,
        "reached": finding.reached,
        "fault": finding.fault,
    }
