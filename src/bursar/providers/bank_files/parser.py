"""The bank's files, entry by entry, in any version: pain.002 (status reports), camt.054 (notifications), camt.053
(statements) and camt.052 (reports within the day).

Elements are known by their local names, and each is let go once it has been read, so that a large file needs little
memory. Promises to read a file or to name the fault; nothing in it is ever looked up, expanded or fetched, and a
document type is refused. The meaning of an entry for a payment is decided in `matches.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from bursar.payouts.model import Outcome
from bursar.providers.bank_files.model import NO_AMOUNTS, Amounts, Entry, EntryKind, Problem

DEPTH_MAX: Final = 32
"""Elements inside each other; the messages have some fifteen."""
ENTRIES_MAX: Final = 20_000
"""In one file; twice the answers to a full file of ours, and read well within the time of a job."""
TEXT_CHARS_MAX: Final = 256
"""Kept of any text; the messages allow 140 and repeat some."""
AMOUNT_CHARS_MAX: Final = 32
COUNT_CHARS_MAX: Final = 15

ENDS: Final = {
    "ACSC": Outcome.PAID,
    "ACCC": Outcome.PAID,
    "RJCT": Outcome.FAILED,
    "CANC": Outcome.FAILED,
}
"""Statuses that end a payment: settled with us or with the payee; rejected, cancelled."""
UNDER_WAY: Final = frozenset({"RCVD", "ACCP", "ACTC", "ACFC", "ACSP", "ACWC", "ACWP", "PATC", "PART", "PDNG", "PRES"})
"""Statuses after which another one comes."""
DUPLICATES: Final = frozenset({"DUPL", "AM05", "DU01", "DU02", "DU03", "DU04", "DU05"})
"""Reasons that say nothing against the payment: a file that was delivered twice is refused once."""
_BOOKED: Final = "BOOK"


class NotReadable(Exception):
    """The file is not one that is taken; the text says why, in words for an operator."""


def entries(file: BinaryIO) -> Iterator[Entry]:
    """The entries of a file in their order; raises NotReadable, maybe only after some."""
    try:
        for position, entry in enumerate(_entries(file)):
            if position >= ENTRIES_MAX:
                raise NotReadable(f"it has more than {ENTRIES_MAX} entries")
            yield entry
    except DefusedXmlException:
        raise NotReadable("it has a document type or entities, which are never read") from None
    except ParseError as fault:
        line, column = fault.position
        raise NotReadable(f"it is no XML: line {line}, column {column}") from None
    except (ValueError, LookupError):  # an encoding that is unknown or not kept to
        raise NotReadable("it is no XML in an encoding that is known") from None


def _entries(file: BinaryIO) -> Iterator[Entry]:
    walk = _Reader()
    known = False
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            walk.enter(element)
            if len(walk.path) == 2:
                known = walk.path[1] in _MESSAGES
                if not known:
                    raise NotReadable("it is neither a pain.002 nor a camt.052, camt.053 or camt.054")
        elif known:
            yield from walk.leave(element)
    if not known:
        raise NotReadable("it is neither a pain.002 nor a camt.052, camt.053 or camt.054")


_MESSAGES: Final = frozenset({"CstmrPmtStsRpt", "BkToCstmrDbtCdtNtfctn", "BkToCstmrStmt", "BkToCstmrAcctRpt"})
_DROPPED: Final = frozenset({"TxInfAndSts", "OrgnlPmtInfAndSts", "TxDtls", "Ntry", "Ntfctn", "Stmt", "Rpt"})
"""Elements that come often and are let go when they end."""


@dataclass(frozen=True, slots=True)
class _Detail:
    """One transaction of a booking."""

    reference: str = ""
    amounts: Amounts = NO_AMOUNTS
    bank_reference: str | None = None
    direction: str | None = None
    returned: str | None = None
    """The reason why it came back, if it did."""
    code: str | None = None
    """The subfamily of the bank's code for this kind of transaction."""


class _Reader:
    """The position of the reading, and the fields kept from further up."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self._open: list[Element] = []
        self._message_id: str | None = None
        self._group: Element | None = None
        """The report about the whole file."""
        self._details: list[_Detail] = []
        self._position = 0

    def enter(self, element: Element) -> None:
        """Raises NotReadable for one too deep."""
        if len(self.path) >= DEPTH_MAX:
            raise NotReadable(f"its elements are more than {DEPTH_MAX} deep")
        self.path.append(_local(element))
        self._open.append(element)

    def leave(self, element: Element) -> Iterator[Entry]:
        """The entries of an element that is whole now."""
        name = self.path.pop()
        self._open.pop()
        yield from self._said(name, element)
        if name in _DROPPED and self._open:
            self._open[-1].remove(element)

    def _said(self, name: str, element: Element) -> Iterator[Entry]:
        if name == "OrgnlMsgId" and self.path[-1:] == ["OrgnlGrpInfAndSts"]:
            self._message_id = _clipped(element.text)
        elif name == "OrgnlGrpInfAndSts":
            self._group = element
            yield from self._status_of_file(element, "GrpSts")
        elif name == "OrgnlPmtInfAndSts":
            yield from self._status_of_file(element, "PmtInfSts")
        elif name == "TxInfAndSts":
            yield self._status(element)
        elif name == "TxDtls":
            self._details.append(_detail(element))
        elif name == "Ntry":
            details, self._details = self._details, []
            for entry in _bookings(element, details):
                yield self._placed(entry)

    def _placed(self, entry: dict[str, object]) -> Entry:
        position, self._position = self._position, self._position + 1
        return Entry(position=position, **entry)  # type: ignore[arg-type]

    def _status_of_file(self, element: Element, status: str) -> Iterator[Entry]:
        code = _text(element, status)
        if code is None:
            return
        total = _number(_text(element, "OrgnlCtrlSum"))
        payments = _text(element, "OrgnlNbOfTxs")
        yield self._placed(
            {
                "kind": EntryKind.FILE_STATUS,
                "message_id": self._message_id,
                "amounts": Amounts(instructed=(total, "") if total is not None else None),
                "payments": _count(payments),
                **_judged(code, element),
            }
        )

    def _status(self, element: Element) -> Entry:
        amount = _amount(element, "OrgnlTxRef/Amt/InstdAmt")
        return self._placed(
            {
                "kind": EntryKind.STATUS,
                "message_id": self._message_id,
                "reference": _reference(element, ("OrgnlEndToEndId", "OrgnlInstrId")),
                "amounts": Amounts(instructed=amount),
                "bank_reference": _text(element, "AcctSvcrRef"),
                **self._judged_with_batch(element),
            }
        )

    def _judged_with_batch(self, element: Element) -> dict[str, object]:
        """The status of a transaction; one that has none of its own has its batch's, else the file's."""
        own = _text(element, "TxSts")
        if own is not None:
            return _judged(own, element)
        batch = self._open[-1] if self.path[-1:] == ["OrgnlPmtInfAndSts"] else None
        for above, status in ((batch, "PmtInfSts"), (self._group, "GrpSts")):
            code = _text(above, status) if above is not None else None
            if above is not None and code is not None:
                return _inherited(code, element, above)
        return _judged("", element)


# ── statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _judged(code: str, *elements: Element) -> dict[str, object]:
    """The meaning of a status code and of the reasons of the first element that has some."""
    reason = next(filter(None, map(_reason, elements)), "")
    read: dict[str, object] = {"said": f"{code} {reason}".strip(), "reason": reason or code}
    if code in UNDER_WAY:
        return read
    if code not in ENDS:
        return {**read, "problem": Problem.STATUS}
    if ENDS[code] is Outcome.FAILED and any(DUPLICATES.intersection(_reason_codes(each)) for each in elements):
        return {**read, "problem": Problem.DUPLICATE}
    return {**read, "outcome": ENDS[code]}


def _inherited(code: str, element: Element, above: Element) -> dict[str, object]:
    """The status of a batch as that of a transaction; a reason beside one that fails nothing is a contradiction."""
    judged = _judged(code, element, above)
    if ENDS.get(code) is not Outcome.FAILED and _reason(element):
        return {**judged, "outcome": None, "problem": Problem.STATUS}
    return judged


def _reason_codes(element: Element) -> list[str]:
    infos = _children(element, "StsRsnInf")
    return [said for info in infos if (said := _text(info, "Rsn/Cd") or _text(info, "Rsn/Prtry"))]


def _reason(element: Element) -> str:
    """Codes and notes of an element's reasons; empty when there are none."""
    notes = [_clipped(note.text) for info in _children(element, "StsRsnInf") for note in _children(info, "AddtlInf")]
    return " ".join(filter(None, [*_reason_codes(element), *notes]))[:TEXT_CHARS_MAX]


# ── bookings ─────────────────────────────────────────────────────────────────────────────────────────────────────

RETURNS: Final = frozenset({"RRTN", "RPCR"})
"""Subfamilies of ISO 20022's transaction codes, of any family of payments, for money that came back: a return, or a
payment cancelled on request."""
CHARGES: Final = frozenset({"CHRG", "COMM", "FEES", "TAXE", "INTR"})
"""Subfamilies of the bank's own charges."""
_RETURNED_ITEM: Final = re.compile(r"N?RTI(\+.*)?|([A-Z]{4}\+)?159(\+.*)?")
"""Proprietary codes for it: SWIFT's RTI, and 159 of the German banks."""


def _detail(element: Element) -> _Detail:
    returned = next(iter(_children(element, "RtrInf")), None)
    why = None
    if returned is not None:
        notes = [_clipped(note.text) for note in _children(returned, "AddtlInf")]
        why = " ".join(filter(None, [_text(returned, "Rsn/Cd"), _text(returned, "Rsn/Prtry"), *notes])) or "returned"
    return _Detail(
        _reference(element, ("Refs/EndToEndId", "Refs/InstrId")),
        _amounts(element),
        _text(element, "Refs/AcctSvcrRef"),
        _text(element, "CdtDbtInd"),
        why and why[:TEXT_CHARS_MAX],
        _code(element),
    )


def _amounts(element: Element) -> Amounts:
    """The amounts of a transaction, or of an entry."""
    return Amounts(
        _amount(element, "AmtDtls/InstdAmt/Amt"),
        _amount(element, "AmtDtls/TxAmt/Amt") or _amount(element, "Amt"),
        _included_charges(element),
    )


def _included_charges(element: Element) -> tuple[Decimal, str] | None:
    """The sum of the charges that are in the booked amount, if they are of one currency."""
    records = [
        record
        for charges in _children(element, "Chrgs")
        for record in (_children(charges, "Rcrd") or [charges])  # older versions have no records
        if _text(record, "ChrgInclInd") not in {"false", "0"} and _text(record, "CdtDbtInd") != "CRDT"
    ]
    amounts = [amount for record in records if (amount := _amount(record, "Amt")) is not None]
    if not amounts or len({currency for _, currency in amounts}) > 1:
        return None
    return sum((number for number, _ in amounts), Decimal(0)), amounts[0][1]


def _code(element: Element) -> str | None:
    """The subfamily of the transaction's code; a proprietary code for a returned item is RRTN."""
    if _text(element, "BkTxCd/Domn/Cd") == "PMNT":
        return _text(element, "BkTxCd/Domn/Fmly/SubFmlyCd")
    proprietary = _text(element, "BkTxCd/Prtry/Cd") or ""
    return "RRTN" if _RETURNED_ITEM.fullmatch(proprietary) else None


def _bookings(entry: Element, details: list[_Detail]) -> Iterator[dict[str, object]]:
    """An entry of the account, transaction by transaction; of a batch without transactions as a whole."""
    batch = _text(entry, "NtryDtls/Btch/PmtInfId") or _text(entry, "NtryDtls/Btch/MsgId")
    if not details and batch is not None:
        payments = _text(entry, "NtryDtls/Btch/NbOfTxs")
        yield {
            **_booking(entry, _Detail(), alone=True),
            "kind": EntryKind.FILE_STATUS,
            "message_id": batch,
            "payments": _count(payments),
        }
        return
    for detail in details or [_Detail()]:
        yield _booking(entry, detail, alone=len(details) <= 1)


def _booking(entry: Element, detail: _Detail, *, alone: bool) -> dict[str, object]:
    """One transaction; the fields of the entry count for a transaction that is alone in it."""
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts/Prtry") or _text(entry, "Sts") or ""
    direction = detail.direction or _text(entry, "CdtDbtInd")
    code = detail.code or _code(entry)
    came_back = detail.returned or (f"returned {code}" if code in RETURNS else None)
    if came_back is None and _text(entry, "RvslInd") in {"true", "1"}:
        came_back = "reversed"
    return {
        "kind": EntryKind.CREDIT if direction == "CRDT" else EntryKind.DEBIT,
        "said": " ".join(filter(None, [direction, status, came_back])),
        "reference": detail.reference,
        "amounts": detail.amounts.completed(_amounts(entry)) if alone else detail.amounts,
        "bank_reference": detail.bank_reference or _text(entry, "AcctSvcrRef"),
        **_meaning(direction, status, came_back, code),
    }


def _meaning(direction: str | None, status: str, came_back: str | None, code: str | None) -> dict[str, object]:
    """The meaning of a booking: money that went out, or came back; until it is booked, nothing."""
    if status != _BOOKED:
        return {}
    if code in CHARGES:
        return {"problem": Problem.CHARGES}
    if direction == "DBIT" and came_back is None:
        return {"outcome": Outcome.PAID}
    if direction == "CRDT" and came_back is not None:
        return {"outcome": Outcome.FAILED, "reason": came_back}
    return {"problem": Problem.NOT_OURS}


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _local(child) == name]


def _find(element: Element, path: str) -> Element | None:
    """The first element at a path of local names."""
    found: Element | None = element
    for name in path.split("/"):
        if found is None:
            return None
        found = next(iter(_children(found, name)), None)
    return found


def _text(element: Element, path: str) -> str | None:
    """The text at a path, or None when there is none or nothing in it."""
    found = _find(element, path)
    return _clipped(found.text) if found is not None else None


def _clipped(text: str | None) -> str | None:
    """The text without white space around it and characters that cannot be stored, and not too long."""
    return (text or "")[: 2 * TEXT_CHARS_MAX].strip()[:TEXT_CHARS_MAX] or None


def _reference(element: Element, paths: tuple[str, ...]) -> str:
    """The first of the references that says something."""
    found = (_text(element, path) for path in paths)
    return next((text for text in found if text and text != "NOTPROVIDED"), "")


def _amount(element: Element, path: str) -> tuple[Decimal, str] | None:
    found = _find(element, path)
    number = _number(found.text) if found is not None else None
    return (number, (found.get("Ccy") or "")[:3]) if found is not None and number is not None else None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= COUNT_CHARS_MAX else None


def _number(text: str | None) -> Decimal | None:
    cleaned = (text or "").strip()
    if not 0 < len(cleaned) <= AMOUNT_CHARS_MAX or not cleaned.isascii():
        return None
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
