"""The machine-readable zone of travel documents, and its check digits. Pure.

Forms and weights by ICAO Doc 9303, parts 3 to 7: TD3 (passports), TD2, TD1 (cards), and visas of both sizes. A result
is for a person: a zone whose digits pass may still be of somebody else, or painted.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

_SIZES: Final = {(2, 44): "TD3", (2, 36): "TD2", (3, 30): "TD1"}
_WEIGHTS: Final = (7, 3, 1)
_LINE: Final = re.compile(r"[A-Z0-9<]+")
_DIGITS_FOR: Final = str.maketrans("OQDILZSBG", "000112586")
"""Letters that readers see in the place of digits, where only digits may stand."""
_LETTERS_FOR: Final = str.maketrans("0158", "OISB")
LINE_CHARS_MIN: Final = 20
LINES_MAX: Final = 200
FILLERS_LOST_MAX: Final = 10
_FILLERS: Final = re.compile(r"<{3,}")
AHEAD_YEARS: Final = 15
"""Documents expire up to so many years from now; a birth is never ahead."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The content of a zone."""

    form: str
    issuer: str
    number: str
    family_name: str
    given_names: str
    nationality: str
    born_on: date | None
    expires_on: date | None
    failed: tuple[str, ...]
    """The fields whose check digits are not theirs; empty: all are."""


def check_digit(text: str) -> int:
    """The digit over a field: letters count from 10, fillers nothing, with weights 7, 3, 1."""
    return sum(_value(char) * _WEIGHTS[at % 3] for at, char in enumerate(text)) % 10


def _value(char: str) -> int:
    return 0 if char == "<" else int(char, 36)


def find_zone(text: str, today: date) -> Zone | None:
    """The zone in what a reader has seen, line by line; None: there is none. `today` tells the century of years."""
    found = [line for raw in text.upper().splitlines()[:LINES_MAX] if (line := _plain(raw))]
    zones = [each for at in range(len(found)) for each in _zones(found, at, today)]
    best = min(zones, key=lambda each: (len(each[1].failed), each[0]), default=None)
    return None if best is None else best[1]


def _zones(found: Sequence[str], at: int, today: date) -> Iterator[tuple[int, Zone]]:
    """The zones that lines from there on may be, in each form, with the number of fillers that were put right."""
    for (count, length), form in _SIZES.items():
        lines = [fitted for line in found[at : at + count] if (fitted := _fitted(line, length))]
        if len(lines) == count and (zone := _zone(form, lines, today)):
            yield sum(abs(len(line) - length) for line in found[at : at + count]), zone


def _plain(raw: str) -> str:
    line = "".join(_LINE.findall(raw.replace("«", "<").replace(" ", "")))
    return line if len(line) >= LINE_CHARS_MIN else ""


def _fitted(line: str, length: int) -> str | None:
    """A line with as many fillers as the form has; readers lose and add some in long runs of them."""
    if abs(len(line) - length) > FILLERS_LOST_MAX:
        return None
    runs = list(_FILLERS.finditer(line))
    if len(line) == length or not runs:
        return line if len(line) == length else None
    start, end = runs[-1].span()
    fillers = max(0, length - start - (len(line) - end))
    fitted = line[:start] + "<" * fillers + line[end:]
    return fitted if len(fitted) == length else None


def _zone(form: str, lines: Sequence[str], today: date) -> Zone | None:
    if form == "TD1":
        head, middle, names = lines
        if head[0] not in "IAC":
            return None
        fields = {
            "number": (head[5:14], head[14]),
            "birth": (middle[:6], middle[6]),
            "expiry": (middle[8:14], middle[14]),
        }
        whole = head[5:30] + middle[:7] + middle[8:15] + middle[18:29], middle[29]
        nationality = middle[15:18]
    else:
        names, body = lines[0][5:], _with_digits(lines[1], 2 if form == "TD3" else 1)
        head = lines[0]
        if head[0] not in "PVIAC":
            return None
        fields = {"number": (body[:9], body[9]), "birth": (body[13:19], body[19]), "expiry": (body[21:27], body[27])}
        whole = body[:10] + body[13:20] + body[21:-1], body[-1]
        nationality = body[10:13]
    if head[0] != "V":
        fields["all of it"] = whole
    return _read(form, (head[2:5], nationality, names), fields, today)


def _read(form: str, texts: tuple[str, str, str], fields: Mapping[str, tuple[str, str]], today: date) -> Zone | None:
    issuer, nationality, names = texts
    failed = tuple(name for name, (text, digit) in fields.items() if not _holds(_digits(name, text), digit))
    if len(failed) > 2:
        return None  # some other lines that look alike
    family, _, given = names.partition("<<")
    return Zone(
        form,
        issuer.replace("<", "").translate(_LETTERS_FOR),
        fields["number"][0].replace("<", ""),
        family.replace("<", " ").strip(),
        given.replace("<", " ").strip(),
        nationality.replace("<", "").translate(_LETTERS_FOR),
        _date(fields["birth"][0], today.year),
        _date(fields["expiry"][0], today.year + AHEAD_YEARS),
        failed,
    )


def _with_digits(body: str, last: int) -> str:
    """The second line with digits where only they may stand: check digits, days, and the `last` characters."""
    spans = (slice(9, 10), slice(13, 20), slice(21, 28), slice(len(body) - last, len(body)))
    chars = list(body)
    for span in spans:
        chars[span] = body[span].translate(_DIGITS_FOR)
    return "".join(chars)


def _digits(name: str, text: str) -> str:
    return text.translate(_DIGITS_FOR) if name in ("birth", "expiry") else text


def _holds(text: str, digit: str) -> bool:
    expected = check_digit(text)
    said = digit.translate(_DIGITS_FOR)
    return said == str(expected) or (said == "<" and not text.strip("<"))


def _date(text: str, year_max: int) -> date | None:
    """A day of six digits, in the century that does not lie behind `year_max`; None: it is none."""
    try:
        year, month, day = (int(part) for part in re.findall("..", text.translate(_DIGITS_FOR)))
        full = year_max // 100 * 100 + year
        return date(full if full <= year_max else full - 100, month, day)
    except ValueError:
        return None
