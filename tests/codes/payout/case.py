"""Cases of the payout API."""

from tests.clients.payout import PayoutAnswer
from tests.codes import case

from .scene import PayoutScene

Case = case.Case[PayoutScene, PayoutAnswer]
Chapter = case.Chapter[PayoutScene, PayoutAnswer]
