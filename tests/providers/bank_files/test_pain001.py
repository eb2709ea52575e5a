"""Files are valid by the published schema and the same every time, whatever is in the names."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import ProviderRefused
from bursar.kernel.money import Money
from bursar.payouts.errors import PaymentUnfit
from bursar.providers.bank_files import postal
from bursar.providers.bank_files.bank import FileBank
from bursar.providers.bank_files.charset import lines_of, swift_text
from bursar.providers.bank_files.model import BankFile, BankPayment, last_cut_off, next_cut_off
from bursar.providers.bank_files.pain001 import written
from bursar.providers.bank_files.postal import PostalAddress, postal_address
from bursar.providers.bank_files.settings import DebtorAddress
from tests.providers.bank_files import schemas
from tests.providers.bank_files.rail import NOON_RIYADH, payment, read, settings_in

SETTINGS = settings_in(Path("/nowhere"))
BANK = FileBank(None, SETTINGS, ManualClock(NOON_RIYADH))  # type: ignore[arg-type]
BANK_ABROAD = FileBank(
    None,  # type: ignore[arg-type]
    settings_in(Path("/nowhere"), accounts=dict.fromkeys(("KWD", "AED"), SETTINGS.accounts["KWD"])),
    ManualClock(NOON_RIYADH),
)
ALLOWED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
HOSTILE = (
    "</Nm><Evil/>",
    "&lol; ]]> <!--",
    "هدى الحربي",
    "王小明",
    "Ünïcödé Ñame Ølsen",
    "///a//b/",
    "\x00\x1b[31m\ud7ff",
    "a" * 500,
    "🏦 Bank",
    "O'Neil & Sons",
    " \t\n ",
    "‮gnihton‬ name",
)


def file_of(payments: list[BankPayment], currency: str = "SAR") -> BankFile:
    total = Money(sum(each.amount.minor for each in payments), currency)
    return BankFile(7, "BURSAR-7", 0, len(payments), total, NOON_RIYADH, None, None)


def content_of(payments: list[BankPayment], currency: str = "SAR") -> bytes:
    account = SETTINGS.account(currency)
    assert account is not None
    return written(file_of(payments, currency), payments, SETTINGS.debtor, account)


names = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80))


@settings(max_examples=150, deadline=None)
@given(
    name=names,
    address=st.one_of(st.none(), names),
    swift=st.one_of(st.none(), names, st.just("ribl SARI")),
    minor=st.integers(1, 10**14 - 1),
    currency=st.sampled_from(["SAR", "KWD"]),
)
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
    for text in root.find(".//Cdtr").itertext():
        assert set(text) <= ALLOWED
        assert 0 < len(text) <= 70
        assert not text.startswith(("/", ":", "-"))
        assert "//" not in text
    for found in root.iter("PstlAdr"):
        assert [child.tag for child in found][:2] == ["TwnNm", "Ctry"]


def test_a_name_in_arabic_letters_is_written_in_latin_ones() -> None:
    row = BANK._row(payment(name="هدى الحربي", address="طريق الملك فهد"))
    assert (row.name, row.address) == ("hda lhrby", None)  # no town, and at home that is no obstacle
    row = BANK._row(payment(name="هدى الحربي", address="طريق الملك فهد، الرياض"))
    assert (row.address, row.town, row.country) == ("tryq lmlk fhd", "Riyadh", "SA")


# ── towns and countries ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "town", "country", "lines"),
    [
        ("1 Gulf Road, Kuwait City, Kuwait", "Kuwait City", "KW", ("1 Gulf Road",)),
        ("Sheikh Zayed Rd - Dubai - United Arab Emirates", "Dubai", "AE", ("Sheikh Zayed Rd",)),
        ("P.O. Box 123, Abu Dhabi 00000, UAE", "Abu Dhabi", "AE", ("P.O. Box 123, 00000",)),
        ("12 King Fahd Road Riyadh Saudi Arabia", "Riyadh", "SA", ("12 King Fahd Road",)),
        ("Rue 5, Kuwait City 13001 Kuwait", "Kuwait City", "KW", ("Rue 5, 13001",)),
        ("الكويت، السالمية، شارع 5", "Salmiya", "KW", ("shr 5",)),
        ("10 Downing Street, London, United Kingdom", "London", "GB", ("10 Downing Street",)),
        ("1 Hauptstr. 5, 10115 Berlin, Germany", "Berlin", "DE", ("1 Hauptstr. 5, 10115",)),
        (": Dubai", "Dubai", "AE", ()),
    ],
)
def test_town_and_country_are_read_out_of_an_address(
    text: str, town: str, country: str, lines: tuple[str, ...]
) -> None:
    assert postal_address(text) == PostalAddress(town, country, lines)


@pytest.mark.parametrize(
    "text", ["", "Kuwait", "Block 3, Street 2, Kuwait", "Flat 3, Michael Jordan", "Los Angeles, CA", "🦊, 🦊, Kuwait"]
)
def test_what_an_address_does_not_name_is_not_guessed(text: str) -> None:
    assert postal_address(text) is None


def test_every_known_town_can_be_written_and_is_found() -> None:
    for town, country in {pair for pairs in postal._towns().values() for pair in pairs}:
        assert swift_text(town, postal.TOWN_CHARS_MAX) == town
        assert postal_address(f"Street 1, {town}") == PostalAddress(town, country, ("Street 1",))


@given(st.text(max_size=300))
@settings(deadline=None)
def test_any_text_has_an_address_in_the_banks_characters_or_none(text: str) -> None:
    found = postal_address(text)
    if found is not None:
        assert 0 < len(found.town) <= 35
        assert all(0 < len(line) <= 70 and not line.startswith(("/", ":", "-")) for line in found.lines)
        assert len(found.lines) <= 2


@pytest.mark.parametrize("currency", ["KWD", "AED"])
def test_abroad_an_address_without_a_town_is_refused_with_the_reason(currency: str) -> None:
    with pytest.raises(PaymentUnfit) as refusal:
        BANK_ABROAD._row(payment(currency=currency, address="Block 3, Street 2"))
    assert refusal.value.reason == "the payee's address does not name its town: write street, town, country"


def test_abroad_an_address_that_names_its_town_has_it_apart() -> None:
    row = BANK._row(payment(currency="KWD", address="1 Gulf Road, Kuwait City, Kuwait"))
    content = content_of([row], "KWD")
    schemas.check(content)
    address = read(content).find(".//Cdtr/PstlAdr")
    assert [(part.tag, part.text) for part in address] == [
        ("TwnNm", "Kuwait City"),
        ("Ctry", "KW"),
        ("AdrLine", "1 Gulf Road"),
    ]


def test_abroad_a_payee_needs_no_address() -> None:
    content = content_of([BANK._row(payment(currency="KWD", address=None))], "KWD")
    schemas.check(content)
    assert read(content).find(".//Cdtr/PstlAdr") is None


@pytest.mark.parametrize(
    ("currency", "iban", "bic"),
    [
        ("KWD", "KW81CBKU0000000000001234560101", "CBKUKWKW"),
        ("AED", "AE070331234567890123456", "BOMLAEADXXX"),
    ],
)
def test_abroad_an_iban_that_names_its_bank_makes_up_for_the_swift_code(currency: str, iban: str, bic: str) -> None:
    asked = payment(currency=currency, iban=iban, swift_code=None, address="5 Creek Road, Dubai")
    assert BANK_ABROAD._row(asked).bic == bic
    with pytest.raises(PaymentUnfit, match="cannot carry"):
        BANK_ABROAD._row(payment(currency=currency, swift_code=None, address="5 Creek Road, Dubai"))


def test_the_payer_has_town_and_country_apart_too() -> None:
    debtor = SETTINGS.debtor.model_copy(
        update={"address": DebtorAddress(town="Riyadh", country="SA", post_code="12211", lines=("King Fahd Road 7",))}
    )
    row = BANK._row(payment())
    content = written(file_of([row]), [row], debtor, SETTINGS.accounts["SAR"])
    schemas.check(content)
    assert [(part.tag, part.text) for part in read(content).find(".//Dbtr/PstlAdr")] == [
        ("PstCd", "12211"),
        ("TwnNm", "Riyadh"),
        ("Ctry", "SA"),
        ("AdrLine", "King Fahd Road 7"),
    ]


# ── marks and pictures ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [":Ada", "-Ada", "/:- Ada", "🦊Ada🦊", "Ada 🦊", "🦊:Ada"])
def test_no_mark_opens_a_line_and_no_picture_is_spelt_out(name: str) -> None:
    assert BANK._row(payment(name=name)).name == "Ada"
    assert lines_of("Ada :Byron -Road", 4, 3) == ["Ada", "Byro", "n"]


def test_a_name_of_pictures_gives_way_to_the_arabic_one_or_is_refused() -> None:
    assert BANK._row(payment(name="🦊🦊", name_ar="هدى")).name == "hda"
    for arabic in (None, "🦊"):
        with pytest.raises(PaymentUnfit) as refusal:
            BANK._row(payment(name="🦊🦊", name_ar=arabic))
        assert refusal.value.reason == "the payee's name has no letters that a bank can read"


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
