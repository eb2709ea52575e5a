"""Refusals of a verification."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class BackPhotoMissing(Refused):
    """This kind of document has a back, and there is no photo of it."""


class DocumentApprovedAlready(Conflict):
    """The document has proven already who a customer is."""

    number: str

    def __repr__(self) -> str:
        return "DocumentApprovedAlready()"  # facts are logged, and a document's number is not


class DocumentNotApprovedYet(Refused):
    """A selfie is looked at once a document is approved."""

    customer_id: int


class VerificationUnderWay(Conflict):
    """The customer has a verification of this level that is under review, or approved."""

    customer_id: int


class VerifierFailed(Refused):
    """The verifier did not take the verification; it can be submitted anew."""

    kyc_id: int


class NothingUnderReview(Refused):
    """The customer has no verification to decide on."""

    customer_id: int


class NoVerification(NotFound):
    """There is no such verification."""

    customer_id: int
