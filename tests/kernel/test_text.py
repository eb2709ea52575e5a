"""Texts that people read, and texts that only look like it."""

import pytest

from bursar.kernel.text import Unreadable, find_fault

STEERING, INVISIBLE = Unreadable.STEERING, Unreadable.INVISIBLE


@pytest.mark.parametrize(
    "text",
    [
        "Ada",
        "O'Neil",
        "Ångström",
        "李",
        "😀",
        "x",
        "7",
        "-",
        "$",
        "نام\u200cخانوادگی",
        "क्\u200dष",
        "עברית\u200f",
        "A\u0301",
        "\ue000",
        " Ada ",
    ],
)
def test_names_of_every_script(text: str) -> None:
    assert find_fault(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\u200b",
        "\u2060\u200d",
        "\u00a0",
        "\u3000",
        "\u3164",
        "\u2800",
        "\u115f\u1160",
        "\ufeff",
        "\u0301",
        "\U000e0041",
        "\u00ad",
        "\u200e",
    ],
)
def test_texts_that_show_nothing(text: str) -> None:
    assert find_fault(text) is INVISIBLE


@pytest.mark.parametrize(
    "char",
    [
        "\x00",
        "\x07",
        "\x1b",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202a",
        "\u202e",
        "\u2066",
        "\u2069",
        "\ufdd0",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
    ],
)
def test_characters_that_steer(char: str) -> None:
    assert find_fault(f"Ada{char}evil") is STEERING
    assert find_fault(char) is STEERING
    assert find_fault(f"Ada\n{char}", lines=True) is STEERING


def test_notes_may_have_lines_and_names_may_not() -> None:
    assert find_fault("one\n\ttwo\r\n", lines=True) is None
    assert find_fault("one\ntwo") is STEERING
    assert find_fault("\n\t", lines=True) is INVISIBLE
