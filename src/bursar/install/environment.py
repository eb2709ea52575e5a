"""The environment of a process: its settings by name, with secrets read from the files that are named instead."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bursar.install.errors import SettingMissing, SettingUnknown
from bursar.install.variables import Setting, listed

PREFIX: Final = "BURSAR_"
NOT_OF_AN_INSTALL: Final = ("BURSAR_TEST_", "BURSAR_BENCH_")
"""The beginnings of names that tests and benches read; an install ignores them."""
SECRET_FILE_BYTES_MAX: Final = 16_384


class Source(StrEnum):
    """The place that a setting's value comes from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Value:
    """A setting and its value as this process sees it; an empty one is unset."""

    setting: Setting
    value: str
    source: Source

    @property
    def shown(self) -> str:
        """The value for people, without a secret."""
        return "(secret)" if self.setting.secret and self.value else self.value


def read_environment(given: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """All that is given, with secrets from their files. Raises the errors of `read_values`."""
    values = read_values(given)
    return {**given, **{value.setting.name: value.value for value in values if value.source is Source.FILE}}


def read_values(given: Mapping[str, str] = os.environ) -> list[Value]:
    """Every setting, in the order of the table.

    Raises SettingUnknown for names that begin as ours do and are none, and SettingMissing for a secret that is given
    twice or whose file cannot be read.
    """
    check_known(given)
    return [_value(setting, given) for setting in listed()]


def check_known(given: Mapping[str, str]) -> None:
    """Raises SettingUnknown for names that begin as ours do and are none."""
    known = {name for setting in listed() for name in (setting.name, setting.file_name if setting.secret else "")}
    unknown = [
        name
        for name in given
        if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_OF_AN_INSTALL)
    ]
    if unknown:
        raise SettingUnknown(tuple(sorted(unknown)))


def _value(setting: Setting, given: Mapping[str, str]) -> Value:
    value, path = given.get(setting.name, ""), given.get(setting.file_name, "") if setting.secret else ""
    if path and value:
        raise SettingMissing(setting.file_name, f"must be left out where {setting.name} is set")
    if path:
        return Value(setting, _secret_in(path, setting.file_name), Source.FILE)
    if value:
        return Value(setting, value, Source.ENVIRONMENT)
    return Value(setting, setting.default, Source.DEFAULT)


def _secret_in(path: str, name: str) -> str:
    """The text of a secret's file, without a line break at its end."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(SECRET_FILE_BYTES_MAX + 1).rstrip("\r\n")
    except (OSError, ValueError):
        raise SettingMissing(name, "must name a file that this process can read") from None
    if not text or "\n" in text or len(text) > SECRET_FILE_BYTES_MAX:
        raise SettingMissing(name, "must name a file with one line, the secret")
    return text
