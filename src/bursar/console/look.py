"""The look of the console for one browser: language, theme and time zone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum
from functools import cache
from typing import Final, Self
from zoneinfo import ZoneInfo, available_timezones

from bursar.console.messages import Language

UTC_NAME: Final = "UTC"
SEPARATOR: Final = " "


class Theme(StrEnum):
    """The brightness of pages."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Look:
    """A choice of all three."""

    language: Language = Language.ENGLISH
    theme: Theme = Theme.SYSTEM
    zone: str = UTC_NAME
    """A name of the IANA's database."""

    @classmethod
    def read(cls, text: str, preferred: Language) -> Self:
        """From the text of a cookie; what is missing or unknown is as the browser prefers."""
        language, theme, zone, *_ = (*text.split(SEPARATOR), "", "", "")
        return cls(preferred).changed({"language": language, "theme": theme, "zone": zone})

    def changed(self, said: Mapping[str, str]) -> Self:
        """With what is said instead, as far as it is known."""
        language, theme, zone = said.get("language", ""), said.get("theme", ""), said.get("zone", "")
        return type(self)(
            Language(language) if language in set(Language) else self.language,
            Theme(theme) if theme in set(Theme) else self.theme,
            zone if zone in zones() else self.zone,
        )

    @property
    def place(self) -> tzinfo:
        """The zone itself."""
        return ZoneInfo(self.zone)

    def __str__(self) -> str:
        return SEPARATOR.join((self.language, self.theme, self.zone))


@cache
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones()) | {UTC_NAME}
