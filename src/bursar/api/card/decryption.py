"""Decryption of tokens to the platform; the key is in a process of its own."""

from bursar.api.card.jwe import MAX_TOKEN_CHARS, Undecryptable
from bursar.api.key_process import KeyProcess


class Decryption:
    """Decrypts tokens by a process that runs `key_holder.py`."""

    def __init__(self, keys: KeyProcess) -> None:
        self._keys = keys

    async def decrypt(self, token: str) -> bytes:
        """The plaintext. Raises Undecryptable for any fault of the token, or KeysUnavailable."""
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise Undecryptable
        plaintext = await self._keys.ask(token.encode("ascii"))
        if plaintext is None:
            raise Undecryptable
        return plaintext
