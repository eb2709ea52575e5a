"""The program that holds the platform's private keys and decrypts the tokens it is handed."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from bursar.api.card.jwe import KeyNotAccepted, OwnKey, Undecryptable, decrypt_with
from bursar.api.key_program import Answer, run

PROGRAM: Final = "bursar.api.card.key_holder"
END: Final = "-----END PRIVATE KEY-----"


def begin(pem: bytes) -> Answer:
    """Reads the keys in PEM, one after another, the active one first."""
    return partial(_decrypted, read_keys(pem))


def read_keys(pem: bytes) -> list[OwnKey]:
    """The keys of a text, one at least; raises KeyNotAccepted."""
    texts = [text.strip() for text in pem.decode("ascii").split(END)]
    if not any(texts):
        raise KeyNotAccepted
    return [OwnKey.from_pem(f"{text}\n{END}\n") for text in texts if text]


def _decrypted(keys: Sequence[OwnKey], token: bytes) -> bytes | None:
    try:
        return decrypt_with(keys, token.decode("ascii"))
    except Undecryptable:
        return None


if __name__ == "__main__":
    run(begin)
