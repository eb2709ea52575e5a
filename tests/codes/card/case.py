"""Cases of the card API."""

from tests.clients.card import Answer
from tests.codes import case

from .scene import CodeScene

Case = case.Case[CodeScene, Answer]
Chapter = case.Chapter[CodeScene, Answer]
