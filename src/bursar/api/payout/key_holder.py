"""The program that signs and opens with the private keys that the system has for its merchants.

A question brings its key, since there is one for each merchant; the program remembers those it has read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

import orjson

from bursar.api.key_program import Answer, run
from bursar.api.payout.keys import Undecryptable, open_with, system_key
from bursar.api.payout.signing import VERSIONS

PROGRAM: Final = "bursar.api.payout.key_holder"


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """Sign a digest, or open sealed fields where there is none."""

    pem: str = field(repr=False)
    version: int
    digest: str | None = None
    sealed: Sequence[str | None] = ()
    """None for a text that has not even the form of a sealed field."""
    others: Sequence[str] = field(default=(), repr=False)
    """Further keys to which the fields may be sealed, all of them to the same one."""

    def encoded(self) -> bytes:
        """The request as it is sent to the process."""
        return orjson.dumps((self.pem, self.version, self.digest, self.sealed, self.others))

    @classmethod
    def decoded(cls, sent: bytes) -> Self:
        """The request as the process reads it."""
        return cls(*orjson.loads(sent))


def begin(_: bytes) -> Answer:
    """There is nothing to know before."""
    return _answer


def _answer(sent: bytes) -> bytes | None:
    question = KeyRequest.decoded(sent)
    key, version = system_key(question.pem.encode("ascii")), VERSIONS[question.version]
    if question.digest is not None:
        return key.sign_digest(version, question.digest.encode("ascii")).encode("ascii")
    keys = [key, *(system_key(other.encode("ascii")) for other in question.others)]
    try:
        return orjson.dumps(open_with(keys, version, question.sealed))
    except Undecryptable:
        return None


def opened(answer: bytes) -> list[str]:
    """The fields in clear."""
    texts: list[Any] = orjson.loads(answer)
    return texts


if __name__ == "__main__":
    run(begin)
