"""The five headers of the payout API, which requests, answers and callbacks have alike."""

import re
from dataclasses import dataclass
from typing import Final, Self

from starlette.datastructures import Headers

from bursar.api.payout.codes import Code, Refusal

API_KEY: Final = "V-Api-Key"
VERSION: Final = "V-Api-Version"
TIMESTAMP: Final = "V-Timestamp"
NONCE: Final = "V-Nonce-Str"
SIGNATURE: Final = "V-Signature"
TOTAL_COUNT: Final = "V-Total-Count"
PAGE_COUNT: Final = "V-Page-Count"

API_KEY_MAX: Final = 128
NONCE_MAX: Final = 127
SIGNATURE_MAX: Final = 1024

_FORMS: Final = {
    API_KEY: re.compile(rf"[\x21-\x7e]{{1,{API_KEY_MAX}}}"),
    VERSION: re.compile(r"[0-9]{1,9}"),
    TIMESTAMP: re.compile(r"[0-9]{1,16}"),
    NONCE: re.compile(rf"[\x20-\x7e]{{1,{NONCE_MAX}}}"),
    SIGNATURE: re.compile(rf"[A-Za-z0-9+/=_-]{{1,{SIGNATURE_MAX}}}"),
}
"""The form of each. A signature of these characters that is no Base64 is a wrong one, not a malformed header."""


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The five of one request."""

    api_key: str
    version: int
    timestamp: int
    nonce: str
    signature: str

    @classmethod
    def read(cls, headers: Headers) -> Self:
        """From a request; raises Refusal for the first that is missing, then for one that is malformed."""
        if not headers.get(API_KEY, "").strip():
            raise Refusal(Code.API_KEY_MISSING)
        absent = next((name for name in _FORMS if not headers.get(name, "").strip()), None)
        if absent is not None:
            raise Refusal.of_header(Code.HEADER_MISSING, absent)
        for name, form in _FORMS.items():
            if len(headers.getlist(name)) > 1 or not form.fullmatch(headers[name]):
                raise Refusal.of_header(Code.HEADER_INVALID, name)
        return cls(headers[API_KEY], int(headers[VERSION]), int(headers[TIMESTAMP]), headers[NONCE], headers[SIGNATURE])


def plausible_key(headers: Headers) -> str:
    """The API key a request names, or an empty text if it cannot be one."""
    key = headers.get(API_KEY, "")
    return key if _FORMS[API_KEY].fullmatch(key) else ""
