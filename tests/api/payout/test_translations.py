"""The texts of the codes in Chinese and Arabic, and which one an answer has."""

import csv
import re
from dataclasses import replace
from importlib.resources import files

import pytest

from bursar.api.languages import Language
from bursar.api.payout import translations
from bursar.api.payout.codes import Code
from bursar.api.payout.translations import text

from .house import House

SCRIPT = {
    Language.CHINESE: re.compile(r"[\u4e00-\u9fff]"),
    Language.ARABIC: re.compile(r"[\u0621-\u064a]"),
}


def test_the_table_has_one_row_for_each_code_in_the_order_of_the_codes() -> None:
    with files(translations).joinpath("texts.csv").open(encoding="utf-8") as file:
        head, *body = csv.reader(file)
    assert head == ["code", "zh", "ar"]
    assert [row[0] for row in body] == [str(code.number) for code in Code]
    assert [len({row[place] for row in body}) for place in (1, 2)] == [len(Code)] * 2
    assert all(SCRIPT[language].search(text(code, language)) for code in Code for language in SCRIPT)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("header", "language", "message"),
    [("zh-CN,en;q=0.5", "zh", "APIKEY错误"), ("ar", "ar", "خطأ في APIKEY"), ("fr", None, "APIKEY error")],
)
async def test_the_message_is_in_the_language_asked_for(
    house: House, header: str, language: str | None, message: str
) -> None:
    done = house.client.prepare("GET", "merchant/balance")
    asked = replace(done, headers={**done.headers, "Accept-Language": header})
    answer = await house.send(asked)
    assert (answer.code, answer.signed, answer.headers.get("Content-Language")) == (200, True, language)
    assert answer.headers["Vary"] == "Accept-Language"
    stranger = replace(asked, headers={**asked.headers, "V-Api-Key": "unknown"})
    assert (await house.send(stranger)).message == message
