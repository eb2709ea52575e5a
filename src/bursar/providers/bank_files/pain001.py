"""A sealed file as the bank reads it: ISO 20022 pain.001.001.09.

The same file and settings give the same bytes, always. All texts have been brought into the bank's characters and
lengths before (`bank.py`); nothing is decided here.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from bursar.payouts.model import HOME_CURRENCY
from bursar.providers.bank_files.model import RIYADH, BankFile, BankPayment
from bursar.providers.bank_files.postal import PostalAddress
from bursar.providers.bank_files.settings import BankAccount, Debtor, DebtorAddress

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


class _Writer:
    """Elements one after the other, without white space between them."""

    def __init__(self, into: BytesIO) -> None:
        self._xml = XMLGenerator(into, "UTF-8", short_empty_elements=True)
        self._xml.startDocument()

    @contextmanager
    def within(self, *names: str, **attributes: str) -> Iterator[None]:
        """Elements around those that are written meanwhile; the attributes are the last one's."""
        for name in names[:-1]:
            self._xml.startElement(name, AttributesImpl({}))
        self._xml.startElement(names[-1], AttributesImpl(attributes))
        yield
        for name in reversed(names):
            self._xml.endElement(name)

    def text(self, path: str, text: str, **attributes: str) -> None:
        """An element with a text in it, inside those before it in the path."""
        with self.within(*path.split("/"), **attributes):
            self._xml.characters(text)


def written(file: BankFile, payments: Iterable[BankPayment], debtor: Debtor, account: BankAccount) -> bytes:
    """The file's content."""
    into = BytesIO()
    writer = _Writer(into)
    with writer.within("Document", xmlns=NAMESPACE), writer.within("CstmrCdtTrfInitn"):
        _header(writer, file, debtor)
        with writer.within("PmtInf"):
            _debit_side(writer, file, debtor, account)
            for payment in payments:
                with writer.within("CdtTrfTxInf"):
                    _transaction(writer, payment)
    return into.getvalue()


def _header(writer: _Writer, file: BankFile, debtor: Debtor) -> None:
    with writer.within("GrpHdr"):
        writer.text("MsgId", file.message_id)
        writer.text("CreDtTm", file.sealed_at.astimezone(RIYADH).isoformat(timespec="seconds"))
        _totals(writer, file)
        with writer.within("InitgPty"):
            _party(writer, debtor)


def _totals(writer: _Writer, file: BankFile) -> None:
    writer.text("NbOfTxs", str(file.payments))
    writer.text("CtrlSum", str(file.total))


def _party(writer: _Writer, debtor: Debtor, address: DebtorAddress | None = None) -> None:
    writer.text("Nm", debtor.name)
    if address is not None:
        _address(writer, PostalAddress(address.town, address.country, address.lines), address.post_code)
    if debtor.id is not None:
        writer.text("Id/OrgId/Othr/Id", debtor.id)


def _address(writer: _Writer, address: PostalAddress, post_code: str | None = None) -> None:
    """Town and country apart; banks refuse an address of lines alone since November 2026."""
    with writer.within("PstlAdr"):
        if post_code is not None:
            writer.text("PstCd", post_code)
        writer.text("TwnNm", address.town)
        writer.text("Ctry", address.country)
        for line in address.lines:
            writer.text("AdrLine", line)


def _debit_side(writer: _Writer, file: BankFile, debtor: Debtor, account: BankAccount) -> None:
    writer.text("PmtInfId", file.message_id)
    writer.text("PmtMtd", "TRF")
    writer.text("BtchBookg", "false")  # so that each payment is booked on its own, and can be matched
    _totals(writer, file)
    writer.text("ReqdExctnDt/Dt", file.sealed_at.astimezone(RIYADH).date().isoformat())
    with writer.within("Dbtr"):
        _party(writer, debtor, debtor.address)
    writer.text("DbtrAcct/Id/IBAN", account.iban)
    writer.text("DbtrAgt/FinInstnId/BICFI", account.bic)
    # A merchant is told what arrives: abroad, no bank on the way may take its charge off it.
    writer.text("ChrgBr", "SHAR" if file.currency == HOME_CURRENCY else "DEBT")


def _transaction(writer: _Writer, payment: BankPayment) -> None:
    with writer.within("PmtId"):
        writer.text("InstrId", payment.reference)
        writer.text("EndToEndId", payment.reference)
    writer.text("Amt/InstdAmt", str(payment.amount), Ccy=payment.currency)
    if payment.bic is not None:
        writer.text("CdtrAgt/FinInstnId/BICFI", payment.bic)
    with writer.within("Cdtr"):
        writer.text("Nm", payment.name)
        if payment.town and payment.country:
            lines = (payment.address or "").split("\n") if payment.address else []
            _address(writer, PostalAddress(payment.town, payment.country, tuple(lines)))
    writer.text("CdtrAcct/Id/IBAN", payment.iban)
