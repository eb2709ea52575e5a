"""Products that can be registered, and the requirements of an operation beforehand."""

from pydantic import TypeAdapter

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.enumerations import CARD_TYPE, OPERATIONS
from bursar.api.card.schemas.cards import MetadataQuery, RegisterableQuery
from bursar.api.card.schemas.catalogue import MetadataOut, RegisterableOut
from bursar.api.card.schemas.wire import Id
from bursar.cards.catalogue.model import CardOperation
from bursar.merchants.model import Permission

route = Route(Permission.CARD)
_REGISTER = "register"
_CARD_ID: TypeAdapter[int] = TypeAdapter(Id)


@route.post("/card/registerable/list", encrypted=True, codes=[Code.CUSTOMER_UNKNOWN, Code.CATALOGUE_UNAVAILABLE])
async def registerable(call: Call, body: RegisterableQuery) -> list[RegisterableOut]:
    """The cards that can be registered; with a customer, also whether registering would be accepted now."""
    kind = next((kind for kind, number in CARD_TYPE.items() if number == body.type), None)
    offers = await call.services.offers.registerable(call.ctx, body.customer_no, kind)
    asked = body.customer_no is not None
    return [RegisterableOut.of(offer, asked=asked, language=call.language) for offer in offers]


@route.post(
    "/card/operate/metadata",
    encrypted=True,
    codes=[Code.PRODUCT_UNKNOWN, Code.CARD_UNKNOWN, Code.CUSTOMER_UNKNOWN],
)
async def metadata(call: Call, body: MetadataQuery) -> MetadataOut:
    """What an operation needs, what of it is missing, what it takes and what it costs."""
    offers, operation = call.services.offers, OPERATIONS[body.operator]
    if operation == _REGISTER:
        return MetadataOut.of(await offers.opening(call.ctx, body.card_id, body.customer_no))
    card_id = _CARD_ID.validate_python(body.card_id)
    return MetadataOut.of(await offers.operation(call.ctx, CardOperation(operation), card_id, body.customer_no))
