"""The meaning of a node's errors. Codes hardly tell it, so that here, and nowhere else, a text is read.

An unknown error counts as a fault that may pass: then a transaction is sent again, which harms nobody, and no money is
given back for one that may still be taken up.
"""

from typing import Final

from bursar.providers.chains.json_rpc import NodeRefused

_REVERTED: Final = 3
_KNOWN: Final = ("already known", "known transaction", "already imported", "alreadyknown", "already in mempool")
_NONCE_USED: Final = ("nonce too low", "oldnonce", "nonce is too low")
_NEVER: Final = (
    "invalid sender",
    "invalid chain id",
    "invalid chainid",
    "invalid signature",
    "invalid transaction v, r, s",
    "intrinsic gas too low",
    "intrinsic gas too high",
    "exceeds block gas limit",
    "oversized data",
    "transaction type not supported",
    "rlp:",
)
_FAILS: Final = (
    "revert",
    "insufficient funds",
    "insufficient balance",
    "exceeds balance",
    "invalid opcode",
    "out of gas",
)


def is_known(refusal: NodeRefused) -> bool:
    """The node has this very transaction already."""
    return _says(refusal, _KNOWN)


def is_nonce_used(refusal: NodeRefused) -> bool:
    """A transaction of the sender with this nonce is in a block; which one, it does not say."""
    return _says(refusal, _NONCE_USED)


def is_never_taken(refusal: NodeRefused) -> bool:
    """There is something wrong in the transaction itself."""
    return _says(refusal, _NEVER)


def would_fail(refusal: NodeRefused) -> bool:
    """A call that was tried out is not executed to its end."""
    return refusal.code == _REVERTED or _says(refusal, _FAILS)


def _says(refusal: NodeRefused, words: tuple[str, ...]) -> bool:
    text = refusal.text.lower()
    return any(word in text for word in words)
