"""Transactions of the sandbox's chains: the signed text, the sent bytes, and the check of the signature. Pure."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from bursar.kernel.errors import ProviderRefused
from bursar.kernel.extras import optional
from bursar.wallet.addresses import account_of, keccak_256
from bursar.wallet.ports import Payment

FEE_UNITS: Final = 21_000 * 10**9
"""The fee of every transaction, in the chain's own coin: an Ethereum transfer at a gas price of 1 gwei."""
RAW_BYTES_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class TransactionContent:
    """The content of a transaction."""

    chain_id: str
    sender: str
    recipient: str
    coin: str
    native: bool
    units: str
    nonce: int | None
    attempt: int
    expires_at: str | None
    salt: str
    """Two alike are still two."""

    def row(self) -> dict[str, Any]:
        """The transaction as it is kept."""
        values = {**asdict(self), "units": int(self.units)}
        del values["salt"]
        return {**values, "expires_at": None if self.expires_at is None else datetime.fromisoformat(self.expires_at)}


def unsigned(chain_id: str, payment: Payment, expires_at: datetime | None) -> bytes:
    """The unsigned text of a payment's transaction."""
    content = TransactionContent(
        chain_id,
        payment.sender,
        payment.recipient,
        payment.token.coin,
        payment.token.contract is None,
        str(payment.units),
        payment.nonce,
        payment.attempt,
        expires_at.isoformat() if expires_at else None,
        salt(),
    )
    return orjson.dumps(asdict(content), option=orjson.OPT_SORT_KEYS)


def salt() -> str:
    """Never the same twice."""
    return secrets.token_hex(16)


def digest_of(unsigned: bytes) -> bytes:
    """The digest that is signed."""
    return keccak_256(unsigned)


def assembled(unsigned: bytes, signature: bytes, public_key: bytes) -> bytes:
    """The whole transaction."""
    return orjson.dumps([unsigned.decode(), signature.hex(), public_key.hex()])


def hash_of(raw: bytes) -> str:
    """The hash of a transaction, from `0x` and small letters."""
    return f"0x{keccak_256(raw).hex()}"


def read(raw: bytes, account: bytes, chain_id: str) -> TransactionContent:
    """The content of a whole transaction; raises ProviderRefused unless `account`, the sender, has signed it."""
    with optional("chains"):
        from coincurve import PublicKey
        from coincurve.ecdsa import cdata_to_der, deserialize_compact

    text, signature, public_key = orjson.loads(raw)
    content = TransactionContent(**orjson.loads(text))
    signed_by = PublicKey(bytes.fromhex(public_key))
    der = cdata_to_der(deserialize_compact(bytes.fromhex(signature)))
    if not signed_by.verify(der, digest_of(text.encode()), hasher=None):
        raise ProviderRefused("chain.send")
    if content.chain_id != chain_id or account_of(signed_by.format()) != account:
        raise ProviderRefused("chain.send")
    return content


def sender_of(raw: bytes) -> str:
    """The sender that a whole transaction names; raises ProviderRefused for bytes that are none."""
    try:
        text, _, _ = orjson.loads(raw[:RAW_BYTES_MAX])
        return str(orjson.loads(text)["sender"])
    except (ValueError, TypeError, KeyError):
        raise ProviderRefused("chain.send") from None
