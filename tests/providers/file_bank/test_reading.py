"""The bank's files are read in every version, and what is no such file is refused, whatever it is."""

from contextlib import suppress
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.payouts.model import Outcome
from bursar.providers.file_bank import reading
from bursar.providers.file_bank.model import Entry, EntryKind, Problem
from tests.providers.file_bank import schemas
from tests.providers.file_bank.rail import booked, camt054, pain002


def entries(content: str | bytes) -> list[Entry]:
    return list(reading.entries(BytesIO(content.encode() if isinstance(content, str) else content)))


def test_the_files_of_these_tests_are_valid_themselves() -> None:
    schemas.check(pain002("M1", {"P1": "ACSC", "P2": "RJCT AC04"}, group="PART").encode())
    schemas.check(camt054(booked("P1", number="7"), booked("P2", direction="CRDT", returned="AC04")).encode())


@pytest.mark.parametrize(
    ("code", "outcome", "problem"),
    [
        ("ACSC", Outcome.PAID, None),
        ("ACCC", Outcome.PAID, None),
        ("RJCT AC04", Outcome.FAILED, None),
        ("CANC", Outcome.FAILED, None),
        ("ACCP", None, None),
        ("ACSP", None, None),
        ("PDNG", None, None),
        ("RJCT AM05", None, Problem.DUPLICATE),
        ("RJCT DUPL", None, Problem.DUPLICATE),
        ("RJCT DU01", None, Problem.DUPLICATE),
        ("WHAT", None, Problem.STATUS),
    ],
)
def test_what_a_status_means(code: str, outcome: Outcome | None, problem: Problem | None) -> None:
    [entry] = entries(pain002("M1", {"P1": code}))
    assert (entry.kind, entry.reference, entry.message_id) == (EntryKind.STATUS, "P1", "M1")
    assert (entry.outcome, entry.problem, entry.said) == (outcome, problem, code)
    [of_file] = entries(pain002("M1", group=code))
    assert (of_file.kind, of_file.outcome, of_file.problem) == (EntryKind.FILE_STATUS, outcome, problem)
    [of_batch] = entries(pain002("M1", batch=code))
    assert (of_batch.kind, of_batch.outcome, of_batch.problem) == (EntryKind.FILE_STATUS, outcome, problem)


def test_a_rejection_has_its_reason() -> None:
    why = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Account closed</AddtlInf></StsRsnInf>"
    [entry] = entries(pain002("M1", {"P1": "RJCT"}).replace("</TxSts>", f"</TxSts>{why}"))
    assert entry.reason == "AC04 Account closed"


@pytest.mark.parametrize("version", ["03", "10", "12", "14"])
def test_any_version_of_a_status_report_is_read(version: str) -> None:
    assert [entry.outcome for entry in entries(pain002("M1", {"P1": "ACSC"}, version=version))] == [Outcome.PAID]


@pytest.mark.parametrize(
    ("entry", "outcome", "problem"),
    [
        (booked("P1"), Outcome.PAID, None),
        (booked("P1", status="PDNG"), None, None),
        (booked("P1", direction="CRDT", returned="AC04"), Outcome.FAILED, None),
        (booked("P1", direction="CRDT", reversal=True), Outcome.FAILED, None),
        (booked("P1", direction="CRDT"), None, Problem.NOT_OURS),
        (booked("P1", reversal=True), None, Problem.NOT_OURS),
        (booked("P1", returned="AC04"), None, Problem.NOT_OURS),
    ],
)
def test_what_a_booking_means(entry: str, outcome: Outcome | None, problem: Problem | None) -> None:
    [found] = entries(camt054(entry))
    assert (found.reference, found.amount, found.currency) == ("P1", Decimal("100.00"), "SAR")
    assert (found.outcome, found.problem) == (outcome, problem)


def test_the_old_version_says_the_status_in_the_open() -> None:
    old = camt054(booked("P1")).replace("<Sts><Cd>BOOK</Cd></Sts>", "<Sts>BOOK</Sts>").replace("001.08", "001.02")
    assert [entry.outcome for entry in entries(old)] == [Outcome.PAID]


def test_a_booking_of_many_is_read_one_by_one_and_a_bare_one_is_nobodys() -> None:
    one = '<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs><Amt Ccy="SAR">{}</Amt></TxDtls>'
    both = one.format("P1", "1.00") + one.format("P2", "2.00") + "<TxDtls><Refs><InstrId>P3</InstrId></Refs></TxDtls>"
    entry = booked("X").split("<TxDtls>")[0] + both + "</NtryDtls></Ntry>"
    bare = '<Ntry><Amt Ccy="SAR">5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>'
    found = entries(camt054(entry, bare))
    assert [(each.reference, each.amount) for each in found] == [
        ("P1", Decimal("1.00")), ("P2", Decimal("2.00")), ("P3", None), ("", Decimal(5)),
    ]  # fmt: skip
    assert [each.position for each in found] == [0, 1, 2, 3]


# ── what is not read ─────────────────────────────────────────────────────────────────────────────────────────────

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
EVIL = {
    "nothing": "",
    "no xml": "EDI it is not",
    "cut off": camt054(booked("P1"))[:-40],
    "another message": camt054().replace("BkToCstmrDbtCdtNtfctn", "BkToCstmrStmt"),
    "no message": "<Document/>",
    "a document type": "<!DOCTYPE Document>" + camt054().split("?>\n")[1],
    "laughs": f'<!DOCTYPE d [<!ENTITY a0 "ha">{LAUGHS}]><d>&a9;</d>',
    "a file of ours": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>',
    "a remote type": '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><Document/>',
    "an undefined entity": camt054().replace("N-1", "&boo;"),
    "depth": camt054("<a>" * 100 + "</a>" * 100),
    "an encoding": camt054().replace("UTF-8", "klingon"),
    "bytes": b"\xff\xfe\x00\x00\x01",
}


@pytest.mark.parametrize("name", EVIL)
def test_what_is_no_such_file_is_refused_in_words(name: str) -> None:
    with pytest.raises(reading.NotReadable) as refusal:
        entries(EVIL[name])
    assert str(refusal.value).startswith("it")
    assert len(str(refusal.value)) < 100


def test_a_file_with_too_many_entries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ENTRIES_MAX", 3)
    assert len(entries(camt054(*map(booked, "abc")))) == 3
    with pytest.raises(reading.NotReadable):
        entries(camt054(*map(booked, "abcd")))


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(reading.NotReadable):
        entries(content)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_file_damaged_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    whole = camt054(booked("P1", number="7")) if data.draw(st.booleans()) else pain002("M1", {"P1": "RJCT AC04"})
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.text(max_size=5)) + whole[at + data.draw(st.integers(0, 20)) :]
    with suppress(reading.NotReadable):
        for entry in entries(damaged.encode("utf-8", "surrogatepass")):
            assert len(entry.said) <= 600
