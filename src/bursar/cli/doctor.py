"""The work and the listing of `bursar doctor`."""

from typing import Any

import uvloop
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bursar.cli.commands import own_database
from bursar.cli.tables import print_json, print_table
from bursar.install.logs import configure_logs
from bursar.install.settings import read_settings
from bursar.main.doctor import Finding, examine


def doctor(console: Console, *, as_json: bool) -> bool:
    """Print every port of this install's modules; True if nothing is wrong. Raises SettingMissing."""
    configure_logs("doctor")
    with own_database():
        settings = read_settings()
        findings = uvloop.run(examine(settings))
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
