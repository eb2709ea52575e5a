"""The settings of exchange rates that a file on the web says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from bursar.install import variables
from bursar.install.errors import SettingMissing
from bursar.kernel.money import SCALES

PAIRS_MAX: Final = 50
"""Pairs that an install takes from a file."""
EVERY_MIN_S: Final = 60
JUMP_PERCENT_MAX: Final = 100
DURATION_MAX_S: Final = 366 * 86_400
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class RateSettings:
    """A file of rates, the pairs that are taken from it, and how far it is trusted."""

    url: str = field(repr=False)
    pairs: tuple[tuple[str, str], ...]
    every_s: int
    """Seconds between two tries to fetch it."""
    age_max_s: int
    """Nothing is converted by a rate that the file has said longer ago."""
    jump_percent: int
    """A rate that moves by more within a day waits for a person."""


def read_rates(environment: Mapping[str, str], *, is_live: bool) -> RateSettings | None:
    """None where no file is named; raises SettingMissing."""
    url, pairs = environment.get("BURSAR_RATES_URL", ""), environment.get("BURSAR_RATES_PAIRS", "")
    durations = EVERY_MIN_S, DURATION_MAX_S
    every_s = _within("BURSAR_RATES_EVERY_S", variables.RATES_EVERY_S, durations, environment)
    age_max_s = _within("BURSAR_RATES_AGE_S", variables.RATES_AGE_S, durations, environment)
    percent = 0, JUMP_PERCENT_MAX
    jump_percent = _within("BURSAR_RATES_JUMP_PERCENT", variables.RATES_JUMP_PERCENT, percent, environment)
    if not url:
        return None
    return RateSettings(_url(url, is_live=is_live), _pairs(pairs), every_s, age_max_s, jump_percent)


def _url(url: str, *, is_live: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingMissing("BURSAR_RATES_URL", "must be a URL") from None
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise SettingMissing("BURSAR_RATES_URL", "must be an https URL")
    if is_live and parts.scheme != "https" and host not in _HERE:
        raise SettingMissing("BURSAR_RATES_URL", "must be an https URL, since whoever is on the way could set rates")
    return url


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    entries = [each.strip() for each in text.split(",") if each.strip()]
    pairs = [(source, target) for source, _, target in (each.partition("/") for each in entries)]
    usable = all(source != target and {source, target} <= SCALES.keys() for source, target in pairs)
    if not pairs or not usable or len(set(pairs)) != len(pairs) or len(pairs) > PAIRS_MAX:
        raise SettingMissing(
            "BURSAR_RATES_PAIRS", f"must name 1 to {PAIRS_MAX} pairs of {', '.join(SCALES)}, as USD/SAR,USD/AED"
        )
    return tuple(pairs)


def _within(name: str, default: int, bounds: tuple[int, int], environment: Mapping[str, str]) -> int:
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 12 and bounds[0] <= int(text) <= bounds[1]):
        raise SettingMissing(name, f"must be a whole number from {bounds[0]} to {bounds[1]}")
    return int(text)
