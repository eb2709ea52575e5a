"""Cases, readings and findings, as values; and reasons of rejections with their remedies. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from anyascii import anyascii

from bursar.customers.desk.mrz import Zone
from bursar.customers.kyc.model import Verification
from bursar.customers.model import Profile

AGE_MIN: Final = 18
"""Years; a younger customer is pointed out, not refused."""


class Verdict(StrEnum):
    """The result of one check; none of them decides."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check for the person who decides."""

    check: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Read:
    """The reading of the photos by a program."""

    zone: Zone | None
    barcode: Mapping[str, str]
    """Fields of a driving licence's PDF417, by their element ids (AAMVA); empty: there is none."""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A verification with everything for a decision but its photos, which are opened one by one."""

    merchant_id: int
    verification: Verification
    profile: Profile
    document_number: str | None
    read_at: datetime | None
    findings: tuple[Finding, ...]
    elsewhere: tuple[str, ...]
    """Other verifications with the same document: `merchant/number, status`."""


def findings_of(read: Read, profile: Profile, number: str | None, today: date) -> list[Finding]:
    """The reading compared with the merchant's own words."""
    found = [Finding("photo", Verdict.UNREADABLE, problem) for problem in read.problems]
    if read.zone is None:
        found.append(Finding("machine-readable zone", Verdict.UNREADABLE, "none was found"))
    else:
        found += _of_zone(read.zone, profile, number, today)
    if read.barcode:
        found += _of_barcode(read.barcode, profile)
    return found


def _of_zone(zone: Zone, profile: Profile, number: str | None, today: date) -> list[Finding]:
    failed = ", ".join(zone.failed)
    digits = Finding(
        "check digits",
        Verdict.DIFFERS if failed else Verdict.AGREES,
        f"not those of: {failed}" if failed else f"all of a {zone.form} zone",
    )
    typed = "".join(filter(str.isalnum, number or "")).upper()
    return [
        digits,
        _names(f"{zone.given_names} {zone.family_name}", profile),
        _compared("document number", zone.number, typed),
        _compared("birth", _day(zone.born_on), _day(profile.born_on)),
        *_of_days(zone, today),
    ]


def _of_days(zone: Zone, today: date) -> list[Finding]:
    found = []
    if zone.expires_on is not None:
        valid = Verdict.AGREES if zone.expires_on >= today else Verdict.DIFFERS
        found.append(Finding("expiry", valid, f"{zone.expires_on}"))
    if (born := zone.born_on) is not None:
        age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        found.append(Finding("age", Verdict.AGREES if age >= AGE_MIN else Verdict.DIFFERS, f"{age} years"))
    return found


def _of_barcode(fields: Mapping[str, str], profile: Profile) -> list[Finding]:
    names = " ".join(filter(None, (fields.get("DAC"), fields.get("DAD"), fields.get("DCS"))))
    return [_names(names, profile, "name in the barcode")]


def _names(read: str, profile: Profile, check: str = "name") -> Finding:
    """Words of both in Latin capitals; one side may have further names."""
    ours = _words(f"{profile.given_name or ''} {profile.last_name or ''}")
    theirs = _words(read)
    agrees = bool(ours) and (ours <= theirs or (theirs <= ours and len(theirs) > 1))
    return Finding(check, Verdict.AGREES if agrees else Verdict.DIFFERS, f"read {read.strip() or 'nothing'}")


def _words(text: str) -> frozenset[str]:
    plain = anyascii(text).upper()
    return frozenset("".join(char if char.isalpha() else " " for char in plain).split())


def _compared(check: str, read: str | None, typed: str | None) -> Finding:
    if not read or not typed:
        return Finding(check, Verdict.UNREADABLE, "one of the two is missing")
    return Finding(
        check,
        Verdict.AGREES if read == typed else Verdict.DIFFERS,
        f"ends in {read[-4:]}" if read == typed else "read another one",
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


class Reason(StrEnum):
    """Reasons for which verifications are rejected; merchants are told the remedy."""

    PHOTO_UNREADABLE = "photo_unreadable"
    DOCUMENT_EXPIRED = "document_expired"
    NAME_DIFFERS = "name_differs"
    NUMBER_DIFFERS = "number_differs"
    BIRTH_DIFFERS = "birth_differs"
    SIDE_MISSING = "side_missing"
    DOCUMENT_UNSUITABLE = "document_unsuitable"
    FACE_DIFFERS = "face_differs"
    TOO_YOUNG = "too_young"
    NOT_ACCEPTED = "not_accepted"


REMEDIES: Final[Mapping[Reason, tuple[str, str, str]]] = {
    Reason.PHOTO_UNREADABLE: (
        "Take a sharp photo of the whole document without reflections.",
        "التقط صورة واضحة للوثيقة كاملة دون انعكاسات.",
        "请拍摄清晰、完整、无反光的证件照片。",
    ),
    Reason.DOCUMENT_EXPIRED: (
        "Send a document that has not expired.",
        "أرسل وثيقة سارية المفعول.",
        "请提交未过期的证件。",
    ),
    Reason.NAME_DIFFERS: (
        "Correct the customer's name to that of the document, and submit again.",
        "صحّح اسم العميل ليطابق الوثيقة ثم أعد الإرسال.",
        "请将客户姓名改为与证件一致后重新提交。",
    ),
    Reason.NUMBER_DIFFERS: (
        "Correct the document's number, and submit again.",
        "صحّح رقم الوثيقة ثم أعد الإرسال.",
        "请更正证件号码后重新提交。",
    ),
    Reason.BIRTH_DIFFERS: (
        "Correct the birthday to that of the document, and submit again.",
        "صحّح تاريخ الميلاد ليطابق الوثيقة ثم أعد الإرسال.",
        "请将出生日期改为与证件一致后重新提交。",
    ),
    Reason.SIDE_MISSING: (
        "Send photos of both sides of the document.",
        "أرسل صورتي وجهي الوثيقة.",
        "请提交证件正反两面的照片。",
    ),
    Reason.DOCUMENT_UNSUITABLE: (
        "Send another kind of document: passport, identity card, driving licence or residence permit.",
        "أرسل نوعًا آخر من الوثائق: جواز سفر أو هوية أو رخصة قيادة أو إقامة.",
        "请提交其他证件：护照、身份证、驾驶证或居留许可。",
    ),
    Reason.FACE_DIFFERS: (
        "Take the selfie again, with the face in full and in good light.",
        "أعد التقاط الصورة الشخصية مع ظهور الوجه كاملًا وفي إضاءة جيدة.",
        "请在光线充足处重新拍摄完整面部的自拍照。",
    ),
    Reason.TOO_YOUNG: (
        "The customer has to be of age; there is no remedy.",
        "يجب أن يكون العميل بالغًا؛ لا يوجد إجراء بديل.",
        "客户必须成年；无法补救。",
    ),
    Reason.NOT_ACCEPTED: (
        "This customer cannot be verified here; ask us before you submit again.",
        "لا يمكن التحقق من هذا العميل هنا؛ تواصل معنا قبل إعادة الإرسال.",
        "无法验证该客户；重新提交前请联系我们。",
    ),
}
"""English, Arabic and Chinese."""


def told(reason: Reason) -> str:
    """The text that a merchant gets in the published field: the code, and the remedy in three languages."""
    return f"{reason}: {' | '.join(REMEDIES[reason])}"
