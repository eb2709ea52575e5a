"""The listing of `bursar config`."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bursar.cli.tables import print_json, print_table
from bursar.install.environment import Value, read_values


def print_settings(console: Console, *, as_json: bool) -> None:
    """Print every setting in force, secrets hidden. Raises SettingMissing and SettingUnknown."""
    values = read_values()
    if as_json:
        print_json([_row(value) for value in values])
        return
    table = Table("Setting", "Value", "From", "Default", box=None, header_style="bold")
    for value in values:
        table.add_row(*map(escape, (value.setting.name, value.shown, value.source, value.setting.default)))
    print_table(console, table)


def _row(value: Value) -> dict[str, Any]:
    setting = value.setting
    return {
        "name": setting.name,
        "value": None if setting.secret else value.value,
        "set": bool(value.value),
        "source": value.source,
        "default": setting.default,
        "unit": setting.unit,
        "secret": setting.secret,
        "meaning": setting.meaning,
    }
