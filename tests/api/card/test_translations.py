"""The texts of the codes in Chinese and Arabic, and the language that a header asks for."""

import csv
import re
from importlib.resources import files

import pytest

from bursar.api.card import translations
from bursar.api.card.codes import Code
from bursar.api.card.openapi import guide
from bursar.api.card.translations import HEADER_MAX, Language, language_of, text

EN, ZH, AR = Language.ENGLISH, Language.CHINESE, Language.ARABIC
SCRIPT = {ZH: re.compile(r"[\u4e00-\u9fff]"), AR: re.compile(r"[\u0621-\u064a]")}


def rows() -> list[list[str]]:
    with files(translations).joinpath("texts.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


def places(said: str) -> list[str]:
    return sorted(re.findall(r"\{[^}]*\}", said))


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_table_has_one_row_for_each_code_in_the_order_of_the_codes():
    head, *body = rows()
    assert head == ["code", "zh", "ar"]
    assert [row[0] for row in body] == [str(code.number) for code in Code]
    assert {len(row) for row in body} == {3}


@pytest.mark.parametrize("language", SCRIPT)
@pytest.mark.parametrize("code", Code)
def test_a_translation_has_the_places_of_the_english_text(code: Code, language: Language):
    said = text(code, language)
    assert places(said) == places(text(code, EN))
    assert SCRIPT[language].search(said)
    assert said == said.strip()
    assert "  " not in said


@pytest.mark.parametrize("language", SCRIPT)
def test_different_codes_have_different_texts(language: Language):
    english = {text(code, EN) for code in Code}
    assert len({text(code, language) for code in Code}) == len(english)


# ── rendering ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (EN, "Incorrect recharge amount range, minimum recharge amount is: 10.00, maximum recharge amount is: 99.00"),
        (ZH, "充值金额超出范围，最小充值金额为：10.00，最大充值金额为：99.00"),
        (AR, "مبلغ الشحن خارج النطاق المسموح به، الحد الأدنى للشحن: 10.00، الحد الأقصى للشحن: 99.00"),
    ],
)
def test_two_values_are_filled_in(language: Language, said: str):
    assert text(Code.AMOUNT_OUT_OF_RANGE, language, ("10.00", "99.00")) == said


def test_what_is_filled_in_stands_as_it_is():
    assert text(Code.PARAMETER_EMPTY, ZH, ("{0}{1}\\1",)) == "参数“{0}{1}\\1”不能为空"
    assert (
        text(Code.AMOUNT_OUT_OF_RANGE, ZH, ("{1}", "9")) == "充值金额超出范围，最小充值金额为：{1}，最大充值金额为：9"
    )


@pytest.mark.parametrize(("language", "said"), [(EN, "Success"), (ZH, "成功"), (AR, "نجاح")])
def test_success_is_said_in_each_language(language: Language, said: str):
    assert text(Code.SUCCESS, language) == said


# ── the header ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", EN),
        ("en", EN),
        ("zh", ZH),
        ("ar", AR),
        ("zh-CN", ZH),
        ("zh-Hant-TW", ZH),
        ("AR-sa", AR),
        ("zh-CN;q=0.9, en;q=0.8", ZH),
        ("zh;q=0.8, en;q=0.9", EN),
        ("zh;q=0.8,ar;q=0.9", AR),
        ("en;q=0.1, ar ; q=0.2 , zh;q=0.15", AR),
        ("ar, zh", AR),
        ("zh, ar;q=1.000", ZH),
        ("zh;Q=0.5", ZH),
        ("fr, de;q=0.9, zh;q=0.1", ZH),
        ("*", EN),
        ("*, zh;q=0.5", ZH),
        ("zh;q=0", EN),
        ("zh;q=0.000, ar;q=0.001", AR),
    ],
)
def test_the_preferred_language_of_ours_is_chosen(header: str, language: Language):
    assert language_of(header) is language


@pytest.mark.parametrize(
    "header",
    [
        "zhx",
        "z",
        "chinese",
        "zh_CN",
        "zh CN",
        "zh-",
        "-zh",
        "zh;",
        "zh;q",
        "zh;q=",
        "zh;q=2",
        "zh;q=1.001",
        "zh;q=-1",
        "zh;q=0.1234",
        "zh;q=nan",
        "zh;q=inf",
        "zh;q=1e0",
        "zh;q=.5",
        "zh;q=٠",
        "zh;q=0.²",
        "zh;level=1",
        "zh\x00",
        "zh\n",
        "zh\r\nX-Evil: 1",
        "\u017fzh",
        "ｚｈ",
        ",,,;;;===",
        "../zh",
        "zh.csv",
        "%7a%68",
        ";q=1",
        " ",
        ",",
    ],
)
def test_what_is_not_a_language_with_its_weight_is_passed_over(header: str):
    assert language_of(header) is EN
    assert language_of(f"{header},ar") is AR


def test_a_header_that_is_too_long_is_ignored():
    assert language_of("zh" + " " * (HEADER_MAX - 2)) is ZH
    assert language_of("zh" + " " * (HEADER_MAX - 1)) is EN
    assert language_of("zh," * 1_000_000) is EN


def test_the_guide_names_the_limit():
    assert f"more than {HEADER_MAX} characters" in guide()
