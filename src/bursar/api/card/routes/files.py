"""Calls that several subjects need: the areas of the world, and uploaded files."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.files import AreaOut, Upload, Uploaded, areas_out
from bursar.api.card.schemas.wire import Nothing
from bursar.api.limits import Limits
from bursar.files.model import FILE_BYTES_MAX
from bursar.merchants.model import Permission

route = Route(Permission.CARD, Permission.WALLET)


@route.post("/common/area/list", fixed=True)
async def list_areas(call: Call, body: Nothing) -> list[AreaOut]:
    """Countries with their provinces and cities."""
    return areas_out()


@route.post(
    "/common/file/upload",
    mutating=True,
    upload=True,
    limits=Limits.of_upload(FILE_BYTES_MAX),
    codes=[Code.IMAGE_FORMAT, Code.FILE_TOO_LARGE, Code.OPERATION_FAILED],
)
async def upload_file(call: Call, body: Upload) -> Uploaded:
    """Keep an image for a day, longer once something uses it."""
    file_id = await call.services.files.upload(call.ctx, body.file, body.purpose)
    return Uploaded(file_id=str(file_id), file_type=body.file_type)
