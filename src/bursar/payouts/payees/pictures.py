"""Pictures of payees' documents, painted anew in processes that know nothing and may do little."""

from bursar.files.errors import ProgramBusy, ProgramRefused
from bursar.files.programs import Programs
from bursar.payouts.payees import picture_program
from bursar.payouts.payees.documents import DOCUMENT_BYTES_MAX
from bursar.payouts.payees.errors import DocumentRefused


class Pictures:
    """Paints pictures anew; one for an API process."""

    def __init__(self) -> None:
        self._programs = Programs(picture_program.__name__)

    async def repainted(self, merchant_id: int, content: bytes) -> bytes:
        """The picture as a new JPEG without anything else; raises DocumentRefused."""
        if len(content) > DOCUMENT_BYTES_MAX:
            raise DocumentRefused(f"more than {DOCUMENT_BYTES_MAX} bytes")
        try:
            return await self._programs.run(merchant_id, content)
        except ProgramBusy as busy:
            raise DocumentRefused(f"more than {busy.most} pictures at once") from None
        except ProgramRefused as refusal:
            raise DocumentRefused(refusal.reason) from None
