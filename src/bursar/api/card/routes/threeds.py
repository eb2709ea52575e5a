"""3-D Secure: the cardholder's answer to a shop's question."""

from bursar.api.card.call import Call
from bursar.api.card.codes import Code
from bursar.api.card.endpoint import Route
from bursar.api.card.schemas.lifecycle import ChallengeAnswer
from bursar.merchants.model import Permission

route = Route(Permission.CARD)


@route.post(
    "/card/3ds/confirm",
    encrypted=True,
    mutating=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.CODE_OF_ANOTHER_CARD,
        Code.CODE_WRONG,
        Code.THREEDS_CONFIRMED_ALREADY,
        Code.THREEDS_FAILED,
    ],
)
async def confirm(call: Call, body: ChallengeAnswer) -> None:
    """Say whether the cardholder agrees, with the code if one was sent."""
    challenges = call.services.challenges
    await challenges.answer(call.ctx, body.card_id, body.transaction_id, body.code, approve=body.approve)
