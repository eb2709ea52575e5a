"""Refusals of operations on payees."""

from bursar.kernel.errors import Conflict, LimitReached, NotFound, Refused


class PayeeUnknown(NotFound):
    """The merchant has no such payee."""

    payee: str


class PayeeDeleted(NotFound):
    """The payee was deleted."""

    payee_id: int


class PayeeNotNormal(Refused):
    """The payee's status does not allow it."""

    payee_id: int
    status: str


class PayeeNotDecidable(Refused):
    """The payee's status does not allow this decision."""

    payee_id: int
    status: str


class PayeeChanged(Conflict):
    """The payee was changed meanwhile."""

    payee_id: int


class ReferenceTaken(Conflict):
    """Another payee has this reference."""

    reference: str


class ReferenceTwiceInRequest(Conflict):
    """The reference stands in the request before."""

    reference: str


class PayeeBatchExists(Conflict):
    """A batch of this number was taken already."""

    batch_id: str


class PayeeBatchTooLarge(Refused):
    """The batch has more rows than a batch may have."""

    rows: int
    most: int


class PayeeQuotaUsedUp(LimitReached):
    """The merchant may have no more payees."""

    allowed: int


class NameMissing(Refused):
    """A name is missing."""


class AccountMissing(Refused):
    """There is no account of the kind that is needed."""


class BankMissing(Refused):
    """There is an account, but no bank."""


class BankAccountMalformed(Refused):
    """Bank, IBAN or card number is wrong."""

    reason: str


class StcAccountMalformed(Refused):
    """The STC account is not a Saudi mobile number."""


class MobileMalformed(Refused):
    """The mobile number is not one in E.164."""


class ChecksumMismatch(Refused):
    """The content that arrived does not have the checksum of the content that was sent."""


class DocumentRefused(Refused):
    """The upload is not an image that is accepted."""

    reason: str


class DocumentMissing(NotFound):
    """The payee has no such document."""


class AutoApprovalUnchangeable(Refused):
    """Automatic approval is so already, or a code is being waited for."""

    payee_id: int


class AutoApprovalOff(Refused):
    """The payee is not approved automatically."""

    payee_id: int


class NothingToVerify(Refused):
    """The payee has no STC account, or it is verified already."""

    payee_id: int


class PayeeHasOpenOrders(Refused):
    """An order to the payee is under way."""

    payee_id: int
