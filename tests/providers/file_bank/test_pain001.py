"""Files are valid by the published schema and the same every time, whatever is in the names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import ProviderRefused
from bursar.providers.file_bank.bank import FileBank
from bursar.providers.file_bank.charset import lines_of, swift_text
from bursar.providers.file_bank.model import BankFile, BankPayment, last_cut_off, next_cut_off
from bursar.providers.file_bank.pain001 import written
from tests.providers.file_bank import schemas
from tests.providers.file_bank.rail import NOON_RIYADH, payment, read, settings_in

SETTINGS = settings_in(Path("/nowhere"))
BANK = FileBank(None, SETTINGS, ManualClock(NOON_RIYADH))  # type: ignore[arg-type]
ALLOWED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
HOSTILE = (
    "</Nm><Evil/>", "&lol; ]]> <!--", "هدى الحربي", "王小明", "Ünïcödé Ñame Ølsen", "///a//b/", "\x00\x1b[31m\ud7ff",
    "a" * 500, "🏦 Bank", "O'Neil & Sons", " \t\n ", "‮gnihton‬ name",
)  # fmt: skip


def file_of(payments: list[BankPayment], currency: str = "SAR") -> BankFile:
    total = sum(each.amount for each in payments)
    return BankFile(7, "BURSAR-7", currency, 0, len(payments), total, NOON_RIYADH, None, None)


def content_of(payments: list[BankPayment], currency: str = "SAR") -> bytes:
    account = SETTINGS.account(currency)
    assert account is not None
    return written(file_of(payments, currency), payments, SETTINGS.debtor, account)


names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80))


@settings(max_examples=150, deadline=None)
@given(name=names, address=st.one_of(st.none(), names), swift=st.one_of(st.none(), names, st.just("ribl SARI")),
       minor=st.integers(1, 10**14 - 1), currency=st.sampled_from(["SAR", "KWD"]))  # fmt: skip
@example(name="هدى الحربي", address="طريق الملك فهد، الرياض", swift="CBKUKWKW", minor=1, currency="KWD")
def test_whatever_a_payee_is_called_the_file_is_valid_or_the_payment_refused(
    name: str, address: str | None, swift: str | None, minor: int, currency: str
) -> None:
    asked = payment("P1", name=name, address=address, swift_code=swift)
    money = type(asked.amount)(minor, currency)
    try:
        row = BANK._row(type(asked)(1, "P1", asked.method, money, asked.beneficiary))
    except ProviderRefused:
        return
    content = content_of([row], currency)
    schemas.check(content)
    root = read(content)
    assert root.findtext(".//CtrlSum") == root.findtext(".//InstdAmt") == str(money)
    texts = [root.findtext(".//Cdtr/Nm"), *(line.text for line in root.iter("AdrLine"))]
    for text in texts:
        assert text
        assert set(text) <= ALLOWED
        assert len(text) <= 70
        assert not text.startswith("/")
        assert "//" not in text


def test_a_name_in_arabic_letters_is_written_in_latin_ones() -> None:
    row = BANK._row(payment(name="هدى الحربي", address="طريق الملك فهد"))
    assert (row.name, row.address) == ("hda lhrby", "tryq lmlk fhd")


def test_every_hostile_name_is_valid_or_refused() -> None:
    rows = []
    for number, name in enumerate(HOSTILE):
        try:
            rows.append(BANK._row(payment(f"P{number}", name=name)))
        except ProviderRefused:
            assert not set(swift_text(name, 70)) - set("/-?:().,'+ ")
    assert len(rows) >= 9
    schemas.check(content_of(rows))


def test_the_same_file_is_the_same_bytes() -> None:
    rows = [BANK._row(payment(f"P{number}", str(number + 1))) for number in range(20)]
    assert content_of(rows) == content_of(list(rows))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_the_sums_agree(amounts: list[int]) -> None:
    rows = [BANK._row(payment(f"P{at}", str(Decimal(minor) / 100))) for at, minor in enumerate(amounts)]
    root = read(content_of(rows))
    minors = [int(str(found.text).replace(".", "")) for found in root.iter("InstdAmt")]
    assert [int(str(found.text).replace(".", "")) for found in root.iter("CtrlSum")] == [sum(minors)] * 2
    assert [found.text for found in root.iter("NbOfTxs")] == [str(len(rows))] * 2


@given(st.text(max_size=300), st.integers(1, 80))
@settings(deadline=None)
def test_text_has_nothing_that_banks_do_not_let_pass(text: str, chars: int) -> None:
    plain = swift_text(text, chars)
    assert set(plain) <= ALLOWED
    assert len(plain) <= chars
    assert swift_text(plain, chars) == plain


def test_lines_break_between_words() -> None:
    assert lines_of("King Fahd Road, Riyadh", 10, 3) == ["King Fahd", "Road,", "Riyadh"]
    assert lines_of("a" * 25, 10, 2) == ["a" * 10, "a" * 10]
    assert lines_of("", 10, 2) == []


def test_cut_offs_are_at_the_times_of_riyadh() -> None:
    account = SETTINGS.account("SAR")
    assert account is not None
    at = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)  # 11:00 there
    assert last_cut_off(account.cut_offs, at) == at
    assert last_cut_off(account.cut_offs, at - timedelta(microseconds=1)) == datetime(2026, 2, 28, 12, 30, tzinfo=UTC)
    assert next_cut_off(account.cut_offs, at) == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    midnight = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)  # 01:00 on the second of March there
    assert next_cut_off(account.cut_offs, midnight) == datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
