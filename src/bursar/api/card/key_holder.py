"""The program that holds the platform's private key and decrypts the tokens it is handed."""

from functools import partial
from typing import Final

from bursar.api.card.jwe import OwnKey, Undecryptable
from bursar.api.key_program import Answer, run

PROGRAM: Final = "bursar.api.card.key_holder"


def begin(pem: bytes) -> Answer:
    """Reads the key in PEM."""
    return partial(_decrypted, OwnKey.from_pem(pem.decode("ascii")))


def _decrypted(key: OwnKey, token: bytes) -> bytes | None:
    try:
        return key.decrypt(token.decode("ascii"))
    except Undecryptable:
        return None


if __name__ == "__main__":
    run(begin)
