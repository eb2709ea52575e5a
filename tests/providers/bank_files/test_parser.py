"""The bank's files are read in every version, and what is no such file is refused, whatever it is."""

from contextlib import suppress
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.payouts.model import Outcome
from bursar.providers.bank_files import parser
from bursar.providers.bank_files.model import Entry, EntryKind, Problem
from tests.providers.bank_files import schemas
from tests.providers.bank_files.rail import amounts, booked, camt053, camt054, iso_code, pain002


def entries(content: str | bytes) -> list[Entry]:
    return list(parser.entries(BytesIO(content.encode() if isinstance(content, str) else content)))


def test_the_files_of_these_tests_are_valid_themselves() -> None:
    schemas.check(pain002("M1", {"P1": "ACSC", "P2": "RJCT AC04"}, group="PART").encode())
    schemas.check(camt054(booked("P1", number="7"), booked("P2", direction="CRDT", returned="AC04")).encode())
    charged = booked("P1", "118.00", details=amounts("113.00 SAR", "118.00 SAR", "5.00 SAR", "true"))
    schemas.check(camt054(charged, booked("P2", direction="CRDT", code=iso_code("ICDT", "RRTN"))).encode())
    schemas.check(camt053(booked("P1"), of_batch("M1", "300.00", 3)).encode())


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
    assert (found.reference, found.amounts.named) == ("P1", (Decimal("100.00"), "SAR"))
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
    assert [(each.reference, each.amounts.named) for each in found] == [
        ("P1", (Decimal("1.00"), "SAR")),
        ("P2", (Decimal("2.00"), "SAR")),
        ("P3", None),
        ("", (Decimal(5), "SAR")),
    ]
    assert [each.position for each in found] == [0, 1, 2, 3]


# ── returns told by a code, charges, statements ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("family", ["ICDT", "RCDT", "IRCT", "RRCT", "ICCN"])
@pytest.mark.parametrize("subfamily", ["RRTN", "RPCR"])
def test_a_return_is_told_by_its_code_alone(family: str, subfamily: str) -> None:
    code = iso_code(family, subfamily)
    [found] = entries(camt054(booked("P1", direction="CRDT", code=code)))
    assert (found.outcome, found.problem, found.reason) == (Outcome.FAILED, None, f"returned {subfamily}")
    of_transaction = booked("P1", direction="CRDT").replace("</TxDtls>", f"<BkTxCd>{code}</BkTxCd></TxDtls>")
    assert [entry.outcome for entry in entries(camt054(of_transaction))] == [Outcome.FAILED]
    [out] = entries(camt054(booked("P1", code=code)))
    assert (out.outcome, out.problem) == (None, Problem.NOT_OURS)


@pytest.mark.parametrize(
    ("code", "is_return"),
    [
        ("<Prtry><Cd>NRTI+159+00931</Cd><Issr>DK</Issr></Prtry>", True),
        ("<Prtry><Cd>RTI</Cd></Prtry>", True),
        ("<Prtry><Cd>NTRF+159</Cd></Prtry>", True),
        ("<Prtry><Cd>NTRF+166+1590</Cd></Prtry>", False),
        (iso_code("RCDT", "ESCT"), False),
        (iso_code("ICDT", "RRTN").replace("PMNT", "TRAD"), False),
    ],
)
def test_what_other_codes_say_of_money_that_came(code: str, is_return: bool) -> None:
    [found] = entries(camt054(booked("P1", direction="CRDT", code=code)))
    assert (found.outcome is Outcome.FAILED, found.problem is Problem.NOT_OURS) == (is_return, not is_return)


@pytest.mark.parametrize("subfamily", ["CHRG", "COMM", "FEES"])
def test_a_charge_that_is_booked_on_its_own_pays_nothing(subfamily: str) -> None:
    [found] = entries(camt054(booked("P1", code=iso_code("ICDT", subfamily))))
    assert (found.outcome, found.problem) == (None, Problem.CHARGES)


def of_batch(message_id: str, total: str, payments: int) -> str:
    """A debit of all payments of a file, without its transactions."""
    batch = f"<Btch><PmtInfId>{message_id}</PmtInfId><NbOfTxs>{payments}</NbOfTxs></Btch>"
    return booked("X", total).split("<TxDtls>")[0] + batch + "</NtryDtls></Ntry>"


def test_a_statement_is_read_as_a_notification_is() -> None:
    assert [entry.reference for entry in entries(camt053(booked("P1"), booked("P2")))] == ["P1", "P2"]
    [of_file] = entries(camt053(of_batch("M1", "300.00", 3)))
    assert (of_file.kind, of_file.message_id, of_file.payments) == (EntryKind.FILE_STATUS, "M1", 3)
    assert (of_file.outcome, of_file.amounts.named) == (Outcome.PAID, (Decimal("300.00"), "SAR"))
    [within_the_day] = entries(
        camt053(booked("P1")).replace("BkToCstmrStmt", "BkToCstmrAcctRpt").replace("Stmt>", "Rpt>")
    )
    assert within_the_day.outcome is Outcome.PAID


def test_the_old_version_has_charges_without_records() -> None:
    charges = '<Chrgs><Amt Ccy="SAR">5.00</Amt></Chrgs>' * 2
    [found] = entries(camt054(booked("P1", details=charges)).replace("001.08", "001.02"))
    assert found.amounts.charges == (Decimal("10.00"), "SAR")


# ── transactions without a status ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("batch", "group", "own", "outcome", "problem", "said"),
    [
        ("RJCT", "", " AC04", Outcome.FAILED, None, "RJCT AC04"),
        ("RJCT AM04", "", "", Outcome.FAILED, None, "RJCT AM04"),
        ("RJCT AM04", "", " AC04", Outcome.FAILED, None, "RJCT AC04"),
        ("", "RJCT", " AC04", Outcome.FAILED, None, "RJCT AC04"),
        ("ACSC", "RJCT", "", Outcome.PAID, None, "ACSC"),
        ("ACSC", "", " AC04", None, Problem.STATUS, "ACSC AC04"),
        ("PART", "", "", None, None, "PART"),
        ("PART", "", " AC04", None, Problem.STATUS, "PART AC04"),
        ("PART", "", "RJCT AC04", Outcome.FAILED, None, "RJCT AC04"),
        ("RJCT", "", "ACSC", Outcome.PAID, None, "ACSC"),
        ("RJCT DU01", "", " AC04", None, Problem.DUPLICATE, "RJCT AC04"),
        ("", "", " AC04", None, Problem.STATUS, "AC04"),
    ],
)
def test_a_transaction_without_a_status_has_that_of_its_batch(
    batch: str, group: str, own: str, outcome: Outcome | None, problem: Problem | None, said: str
) -> None:
    report = pain002("M1", {"P1": own}, batch=batch, group=group)
    schemas.check(report.encode())
    [found] = [entry for entry in entries(report) if entry.kind is EntryKind.STATUS]
    assert (found.outcome, found.problem, found.said) == (outcome, problem, said)


# ── what is not read ─────────────────────────────────────────────────────────────────────────────────────────────

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
EVIL = {
    "nothing": "",
    "no xml": "EDI it is not",
    "cut off": camt054(booked("P1"))[:-40],
    "another message": camt054().replace("BkToCstmrDbtCdtNtfctn", "CstmrDrctDbtInitn"),
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
    with pytest.raises(parser.NotReadable) as refusal:
        entries(EVIL[name])
    assert str(refusal.value).startswith("it")
    assert len(str(refusal.value)) < 100


def test_a_file_with_too_many_entries_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "ENTRIES_MAX", 3)
    assert len(entries(camt054(*map(booked, "abc")))) == 3
    with pytest.raises(parser.NotReadable):
        entries(camt054(*map(booked, "abcd")))


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(parser.NotReadable):
        entries(content)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_file_damaged_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    whole = camt054(booked("P1", number="7")) if data.draw(st.booleans()) else pain002("M1", {"P1": "RJCT AC04"})
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.text(max_size=5)) + whole[at + data.draw(st.integers(0, 20)) :]
    with suppress(parser.NotReadable):
        for entry in entries(damaged.encode("utf-8", "surrogatepass")):
            assert len(entry.said) <= 600
