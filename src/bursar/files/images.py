"""Uploaded images, decoded in processes that know nothing and may do little."""

from bursar.files import image_program
from bursar.files.errors import NotAnImage, ProgramRefused
from bursar.files.model import Image, ImageKind, check_size
from bursar.files.programs import Programs


class Images:
    """Decodes images; one for an API process."""

    def __init__(self) -> None:
        self._programs = Programs(image_program.__name__)

    async def inspected(self, merchant_id: int, content: bytes) -> Image:
        """The image, decoded completely; raises FileTooLarge, NotAnImage or ProgramBusy."""
        check_size(content)
        try:
            kind, width, height = (await self._programs.run(merchant_id, content)).decode().split()
        except ProgramRefused as refusal:
            raise NotAnImage(refusal.reason) from None
        return Image(ImageKind(kind), int(width), int(height))
