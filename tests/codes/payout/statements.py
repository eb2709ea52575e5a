"""Codes of the daily statement."""

from datetime import UTC, datetime, timedelta

from tests.clients.payout import PayoutAnswer

from .case import Chapter
from .scene import PayoutScene

STATEMENTS = Chapter("Statements")
STATEMENT = "payee/statement"
case = STATEMENTS.case


@case(
    1502,
    STATEMENT,
    "The day is not over, or its statement is being made; HTTP status 202.",
    "Ask again after 01:00 of the next day in Riyadh.",
    http_status=202,
)
def not_made_yet(scene: PayoutScene) -> PayoutAnswer:
    today = datetime.now(UTC) + timedelta(hours=3)
    return scene.look(STATEMENT, {"day": today.strftime("%Y-%m-%d")})
