"""What we encode for TRON is, byte for byte, what TRON's own library encodes."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.providers.chains.evm import wire
from bursar.providers.chains.secp256k1 import SignatureWrong
from bursar.providers.chains.tron import transaction as transactions
from bursar.providers.chains.tron.transaction import Reference, TransactionMalformed
from bursar.wallet.addresses import TRON, account_of
from bursar.wallet.ports import AddressMalformed
from tests.chains import scene, tronweb
from tests.chains.scene import HOT

CASES = 400
SAFE_MAX = (1 << 53) - 1
"""Numbers above this lose digits in JavaScript."""


def any_number(dice: random.Random) -> int:
    """Of any length, so that every length of a varint is met."""
    return dice.randrange(1, 1 << dice.randint(1, 53))


def any_case(dice: random.Random) -> tuple[bytes, dict[str, Any]]:
    """A payment as we encode it, and as the library is told of it."""
    sender, recipient, token = (dice.randbytes(20) for _ in range(3))
    height, block_hash = dice.randrange(1 << 40), dice.randbytes(32)
    expires_ms, timestamp_ms, fee_limit = (any_number(dice) for _ in range(3))
    if dice.random() < 0.5:
        amount = any_number(dice)
        contract, name, fee_limit = transactions.transfer(sender, recipient, amount), "TransferContract", 0
        value: dict[str, Any] = {"to_address": "41" + recipient.hex(), "amount": amount}
    else:
        data = wire.transfer_data(recipient, dice.randrange(1 << 256))
        contract, name = transactions.trigger(sender, token, data), "TriggerSmartContract"
        value = {"contract_address": "41" + token.hex(), "data": data.hex(), "call_value": 0}
    raw = transactions.raw(contract, Reference(height, block_hash), expires_ms, timestamp_ms, fee_limit)
    value["owner_address"] = "41" + sender.hex()
    parameter = {"value": value, "type_url": f"type.googleapis.com/protocol.{name}"}
    return raw, {
        "visible": False,
        "raw_data": {
            "contract": [{"parameter": parameter, "type": name}],
            "ref_block_bytes": (height % 65_536).to_bytes(2, "big").hex(),
            "ref_block_hash": block_hash[8:16].hex(),
            "expiration": expires_ms,
            "timestamp": timestamp_ms,
            "fee_limit": fee_limit,
        },
    }


def test_many_payments_are_encoded_as_trons_own_library_does() -> None:
    dice = random.Random(20260301)
    cases = [any_case(dice) for _ in range(CASES)]
    told = tronweb.encoded([told for _, told in cases])
    assert len(told) == CASES
    for (raw, _), theirs in zip(cases, told, strict=True):
        assert raw.hex() == theirs["raw"]
        assert "0x" + transactions.tx_id(raw).hex() == theirs["id"]


def test_many_addresses_are_spelt_as_trons_own_library_does() -> None:
    dice = random.Random(7)
    addresses = [bytes(20), b"\xff" * 20, *(dice.randbytes(20) for _ in range(CASES))]
    assert [TRON.write(each) for each in addresses] == tronweb.spelt(addresses)


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_read_as_it_was_written(address: bytes) -> None:
    assert TRON.read(TRON.write(address)) == address


@given(st.binary(min_size=20, max_size=20), st.integers(0, 33), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabc"))
def test_a_wrong_letter_is_found_out(address: bytes, place: int, letter: str) -> None:
    text = TRON.write(address)
    wrong = text[:place] + letter + text[place + 1 :]
    if wrong != text:
        with pytest.raises(AddressMalformed):
            TRON.read(wrong)


@given(st.text(max_size=40))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressMalformed):
        TRON.read(text)


def test_a_known_address_is_read() -> None:
    """USDT's contract on TRON, in both of its spellings."""
    assert TRON.read("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t").hex() == "a614f803b6fd780986a42c78ec9c7f77e6ded13c"


async def test_the_signature_follows_the_raw_part() -> None:
    raw, _ = any_case(random.Random(1))
    keys, digest = scene.keystore(), transactions.tx_id(raw)
    key, signature = await keys.address_key(HOT), await keys.sign(HOT, digest)
    whole = transactions.signed(raw, signature, key)
    assert raw in whole
    assert whole[-65:-1] == signature
    assert whole[-1] in (27, 28)
    assert len(whole) - len(raw) <= transactions.SIGNATURE_OVERHEAD_BYTES
    with pytest.raises(SignatureWrong):
        transactions.signed(raw + b"\0", signature, key)
    assert len(account_of(key)) == 20


@pytest.mark.parametrize("number", [-1, 1 << 63])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(TransactionMalformed):
        transactions.transfer(bytes(20), bytes(20), number)
