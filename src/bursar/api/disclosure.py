"""The parts of a recorded request that the staff of a live install may read. Pure.

A value is shown for the name that it stands under, if that is on the list here; everything else is hidden, also what
nobody has thought of. A shown value is hidden all the same where it looks like a card's number.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from bursar.api.inspection import MASK
from bursar.requests.records.model import pairs_of

TEXT_CHARS_MAX: Final = 128
"""A longer text is cut."""
HEAD_CHARS_MAX: Final = 4 * 1024
"""Of the headers of a request that names nobody's key."""
KEY_CHARS_SHOWN: Final = 4
"""The beginning of an API key, which may be a secret that somebody took for one."""
ENTRIES_MAX: Final = 200
"""Of one list or object; those behind are left out."""
DEPTH_MAX: Final = 8

KEYS: Final = frozenset({"x-upa-apikey", "v-api-key"})
HEADERS: Final = frozenset(
    {
        "accept",
        "accept-language",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "v-api-version",
        "v-nonce-str",
        "v-timestamp",
        "x-upa-requestid",
        "x-upa-sign-version",
        "x-upa-timestamp",
    }
)
"""Headers whose values are shown; of others, that they were there."""

SHOWN: Final = frozenset(
    {
        "accountNo",
        "amount",
        "approve",
        "autoapproval",
        "autoPay",
        "bankcode",
        "batchid",
        "callback_version",
        "cardId",
        "chainId",
        "channel",
        "coinId",
        "country",
        "credentialType",
        "currency",
        "customerNo",
        "customid",
        "customids",
        "day",
        "dryrun",
        "enabled",
        "endat",
        "endAt",
        "endtime",
        "event",
        "fileType",
        "fromGroupNo",
        "fromsequence",
        "fromSequence",
        "fundNo",
        "groupNo",
        "kycNo",
        "mercustomid",
        "mercustomids",
        "monthlyFee",
        "objectno",
        "objectNo",
        "openFee",
        "orderNo",
        "orderno",
        "pageno",
        "pageNo",
        "pagesize",
        "pageSize",
        "partial",
        "payeeuid",
        "paymentmethod",
        "quantity",
        "rateNo",
        "rechargeFeeMin",
        "rechargeMax",
        "rechargeMin",
        "rechargeRate",
        "sessionid",
        "startAt",
        "startat",
        "starttime",
        "state",
        "status",
        "swiftcode",
        "thirdOrderNo",
        "ticketid",
        "toGroupNo",
        "toSequence",
        "tosequence",
        "transactionId",
        "txHash",
        "type",
        "updated_at",
    }
)
"""The names of parameters of both APIs whose values are shown."""
HIDDEN: Final = frozenset(
    {
        "activationCode",
        "address",
        "annualIncome",
        "appname",
        "backPhoto",
        "birthday",
        "cardno",
        "cityId",
        "code",
        "company",
        "confirmPassword",
        "countryId",
        "credentialNo",
        "customs",
        "detail",
        "details",
        "email",
        "extension",
        "file",
        "frontPhoto",
        "gender",
        "givenName",
        "globalCode",
        "handheldBack",
        "handheldFront",
        "handheldPassport",
        "ibanaccount",
        "identity",
        "lastName",
        "md5",
        "mobile",
        "name",
        "name_a",
        "name_e",
        "nationality",
        "newPassword",
        "occupation",
        "oldPassword",
        "operator",
        "otpappname",
        "password",
        "phone",
        "position",
        "postalCode",
        "provinceId",
        "reason",
        "remark",
        "shipping",
        "signature",
        "stcaccount",
        "tickets",
        "url",
        "value",
        "verifyPassword",
        "workYear",
    }
)
"""All others that are declared. Objects and lists among them are gone through, name by name."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}\Z")
_DIGITS: Final = re.compile(r"[0-9](?:[ -]?[0-9]){11,18}")
_CARD: Final = re.compile(
    r"4[0-9]{12}(?:[0-9]{3}){0,2}|5[0-9]{15,18}|6[0-9]{15,18}|3[47][0-9]{13}|3[0689][0-9]{12}|35[0-9]{14}"
    r"|2[2-7][0-9]{14}|8[0-9]{15,18}|9[0-9]{15}"
)
"""The beginnings and lengths of card numbers, which our own numbers do not have."""
_ODD: Final = str.maketrans("0123456789", "0246813579")
"""Twice a digit, with its digits summed."""


def parameters(target: str, body: bytes | None) -> tuple[Any, str | None]:
    """The parameters that may be shown, of the query and of the body, and why nothing of the body is."""
    query = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True)[:ENTRIES_MAX])
    shown: dict[str, Any] = _shown(query, 0)
    if body is None:
        return shown, "It was a file, or longer than what is kept."
    if not body:
        return shown, None
    try:
        said = orjson.loads(body)
    except ValueError:
        return shown, "It is no JSON."
    if not isinstance(said, dict):
        return shown, "It is no JSON object."
    return shown | _shown(said, 0), None


def headers(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers by name in lower case, with a mask in place of what may be a secret."""
    return [(_plain(name) if _is_token(name) else MASK, _header(name, value)) for name, value in pairs]


def head_of_nobody(head: str) -> str:
    """The lines of a head with all masked that may be a secret, before anything rests."""
    return "\n".join(f"{name}: {value}" for name, value in headers(pairs_of(head)))[:HEAD_CHARS_MAX]


def id_of_nobody(request_id: str) -> str:
    """The request's id as a stranger gives it, unless it looks like a card's number."""
    return request_id if _plain(request_id) == request_id else ""


def sentence(text: str) -> str:
    """A sentence that may quote what somebody sent."""
    return _plain(text)[: 3 * TEXT_CHARS_MAX]


def _shown(value: Any, depth: int) -> Any:
    if depth > DEPTH_MAX:
        return MASK
    if isinstance(value, Mapping):
        members = list(value.items())[:ENTRIES_MAX]
        return {_name(name): _member(name, member, depth) for name, member in members}
    return [_shown(each, depth + 1) if isinstance(each, dict | list) else MASK for each in value[:ENTRIES_MAX]]


def _member(name: str, value: Any, depth: int) -> Any:
    if value is None or value == "":
        return value
    if name == "payload" and isinstance(value, str):
        return f"sealed, {len(value)} characters"
    if name in SHOWN and isinstance(value, list):
        return [_scalar(each) for each in value[:ENTRIES_MAX]]
    if isinstance(value, dict | list):
        return _shown(value, depth + 1)
    return _scalar(value) if name in SHOWN else MASK


def _scalar(value: Any) -> Any:
    if isinstance(value, dict | list):
        return MASK
    if isinstance(value, str):
        return _plain(value)[:TEXT_CHARS_MAX]
    return MASK if _plain(str(value)) != str(value) else value


def _name(name: str) -> str:
    return name if _NAME.match(name) else MASK


def _header(name: str, value: str) -> str:
    if name in KEYS and value:
        return f"{value[:KEY_CHARS_SHOWN]}… ({len(value)} characters)" if len(value) > 2 * KEY_CHARS_SHOWN else MASK
    return _plain(value)[:TEXT_CHARS_MAX] if name in HEADERS else MASK


def _is_token(name: str) -> bool:
    return len(name) <= TEXT_CHARS_MAX // 2 and name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def _plain(text: str) -> str:
    """A text with a mask in place of each number of a card."""
    return _DIGITS.sub(lambda found: MASK if _is_card(found.group()) else found.group(), text)


def _is_card(text: str) -> bool:
    digits = "".join(mark for mark in text if mark.isdigit())
    if not _CARD.fullmatch(digits):
        return False
    doubled = digits[-2::-2].translate(_ODD)
    return sum(map(int, digits[-1::-2] + doubled)) % 10 == 0
