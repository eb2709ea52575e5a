"""Errors of every call: refusals by code, and the cases in which no usable answer came.

BursarError
├── ConfigurationError      a key or an address is missing or malformed; nothing was sent
├── ApiError                the service answered with a code that is not success
│   ├── AuthenticationError, PermissionRefused, ParameterError, RateLimited, ServiceFaultError, Refused
│   │   └── one class for each published code: `bursar_sdk.card_errors`, `bursar_sdk.payout_errors`
├── ConnectionFailed        no answer came, and nothing can have happened
├── OutcomeUnknown          nobody knows yet if it happened; says how to find out
├── UnreadableAnswer        an answer came that is not one of this API's
├── WebhookInvalid          a push that did not pass a check; says which
├── SandboxRefused          the sandbox's control API refused
└── JournalError            the journal cannot be written or read; nothing was sent
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class BursarError(Exception):
    """Any error of this library."""


class ConfigurationError(BursarError):
    """A key or an address is missing or malformed. Nothing was sent."""


class JournalError(BursarError):
    """The journal cannot be written or read. Nothing was sent."""


class UnreadableAnswer(BursarError):
    """An answer that is not one of this API's: another server's, cut off, or not signed by the platform."""

    def __init__(self, message: str, *, again: bool = True) -> None:
        super().__init__(message)
        self.again = again
        """False where asking again would give the same: it is encrypted to another key than ours."""


class ConnectionFailed(BursarError):
    """No answer came in time, and the call has changed nothing: it reads, or it never left this machine."""


class WebhookInvalid(BursarError):
    """A push that did not pass a check. Answer it with HTTP 400 and do nothing."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(f"{check}: {reason}")
        self.check = check
        """The check: `body`, `headers`, `api_key`, `version`, `timestamp`, `decryption`, `signature` or `content`."""
        self.reason = reason


class SandboxRefused(BursarError):
    """The sandbox's control API refused a call."""

    def __init__(self, http_status: int, error: str, detail: str) -> None:
        super().__init__(f"HTTP {http_status} {error}: {detail}")
        self.http_status = http_status
        self.error = error
        """A word, for example `not_found`."""
        self.detail = detail


class ApiError(BursarError):
    """The service answered with a code that is not success.

    `str()` of it is the code, the text and, where it helps, the parameter and the difference of the clocks.
    """

    code: ClassVar[int] = 0
    """The published code; 0 of a class that stands for several."""
    transient: ClassVar[bool] = False
    """The same call may succeed a little later."""

    def __init__(
        self,
        message: str,
        *,
        answered_code: int | None = None,
        request_id: str = "",
        parameter: str | None = None,
        data: Any = None,
        clock_skew_s: float | None = None,
    ) -> None:
        self.message = message
        """The text of the service, in the language that was asked for."""
        self.answered_code = type(self).code if answered_code is None else answered_code
        """The code that was answered; differs from `code` where this version of the library does not know it."""
        self.request_id = request_id
        """Of the request (card API), or given to it by the service (payout API). Quote it to support."""
        self.parameter = parameter
        """The wire name of the parameter or the header that it is about, if one is named."""
        self.data = data
        """What stands beside the code: the rows of a refused batch, for example."""
        self.clock_skew_s = clock_skew_s
        """Our clock less the service's, in seconds, where a signature was refused and they differ much."""
        super().__init__(self._text())

    def _text(self) -> str:
        parts = [f"{self.answered_code} {self.message}"]
        if self.parameter and self.parameter not in self.message:
            parts.append(f"({self.parameter})")
        if self.clock_skew_s is not None:
            way = "ahead of" if self.clock_skew_s > 0 else "behind"
            parts.append(f"- this machine's clock is {abs(self.clock_skew_s):.0f} s {way} the service's: set it")
        return " ".join(parts)


class AuthenticationError(ApiError):
    """The service does not know who asks: key, signature, clock or headers."""


class PermissionRefused(ApiError):
    """The service knows who asks, and does not allow it."""


class ParameterError(ApiError):
    """A parameter is missing, malformed or contradicts another; `parameter` names it."""


class RateLimited(ApiError):
    """Too many calls. Those that may be repeated were repeated within the deadline."""


class ServiceFaultError(ApiError):
    """A fault of the service. Those calls that may be repeated were repeated within the deadline."""


class Refused(ApiError):
    """A use case said no."""


class OutcomeUnknown(BursarError):
    """No answer came, and the service may or may not have done it. Nothing was paid twice, and nothing is lost.

    Find out before anything else is done about it: `client.resolve(entry)` with an entry of `client.unfinished()` where
    the client has a journal; otherwise the same call with `request_id=error.request_id` (card API), or with the same
    reference (payout API), which does it once at most.
    """

    def __init__(self, method: str, request_id: str, reference: str | None, cause: Exception | None) -> None:
        self.method = method
        """For example `cards.recharge`."""
        self.request_id = request_id
        """The id that every try had (card API); of the payout API an id of this library's own."""
        self.reference = reference
        """The merchant's own number of the order (`payeeuid`, `thirdOrderNo`), if the call has one."""
        self.cause = cause
        named = f" with reference {reference!r}" if reference else ""
        super().__init__(
            f"{method}{named} has no known outcome (request id {request_id}; last: {cause}). "
            "Settle it with client.resolve(), or repeat the same call with the same request id or reference."
        )


FAMILIES: Mapping[str, type[ApiError]] = {
    "authentication": AuthenticationError,
    "permission": PermissionRefused,
    "parameter": ParameterError,
    "rate_limit": RateLimited,
    "service_fault": ServiceFaultError,
    "refused": Refused,
}
