"""The port to the verifier of documents and faces."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from bursar.customers.model import DocumentKind
from bursar.files.purposes import FilePurpose


@dataclass(frozen=True, slots=True)
class KycSubmission:
    """The documents and data that a verifier is given."""

    id: int
    """Equal each time the same one is submitted."""
    merchant_id: int
    customer_id: int
    given_name: str
    last_name: str
    born_on: date | None
    credential: DocumentKind
    nationality: str
    document_number: str | None = field(repr=False)
    photos: Mapping[FilePurpose, int]
    read_photo: Callable[[FilePurpose], Awaitable[bytes]] = field(repr=False)
    """The image, read when it is asked for: a few of them would fill the memory."""


class KycVerifier(Protocol):
    """Takes verifications; its decision comes later, to `Kyc.decide`."""

    async def submit(self, submission: KycSubmission) -> None:
        """Take it, once for each id. Raises ProviderRefused or ProviderUnavailable."""
        ...
