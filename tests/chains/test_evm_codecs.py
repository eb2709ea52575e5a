"""Ethereum's spellings and encodings, held to their published examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.providers.chains.evm import rlp, wire
from bursar.providers.chains.evm import transaction as transactions
from bursar.providers.chains.evm.refusals import is_known, is_never_taken, is_nonce_used, would_fail
from bursar.providers.chains.evm.transaction import Prices, Transaction, TransactionMalformed
from bursar.providers.chains.json_rpc import NodeRefused
from bursar.wallet.addresses import ETHEREUM, account_of, keccak_256
from bursar.wallet.ports import AddressMalformed
from tests.chains import scene
from tests.chains.scene import HOT

EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
"""The examples of EIP-55."""

Number = st.integers(0, (1 << 256) - 1)
Octets = st.binary(max_size=80)
Address = st.binary(min_size=20, max_size=20)


@pytest.mark.parametrize("text", EIP_55)
def test_the_published_spellings_are_canonical(text: str) -> None:
    assert ETHEREUM.write(ETHEREUM.read(text)) == text
    assert ETHEREUM.write(ETHEREUM.read(text.lower())) == text
    assert ETHEREUM.write(ETHEREUM.read("0x" + text[2:].upper())) == text


@given(Address, st.integers(2, 41))
def test_a_wrong_capital_is_found_out(address: bytes, place: int) -> None:
    text = ETHEREUM.write(address)
    assert ETHEREUM.read(text) == address
    wrong = text[:place] + text[place].swapcase() + text[place + 1 :]
    if wrong[2:] not in (text[2:], text[2:].lower(), text[2:].upper()):
        with pytest.raises(AddressMalformed):
            ETHEREUM.read(wrong)


@given(st.text(max_size=50))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(AddressMalformed):
        ETHEREUM.read(text)


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (0, "80"),
        (15, "0f"),
        (1024, "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (b"\x7f", "7f"),
        (b"\x80", "8180"),
        (
            b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
            "b8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736963696e6720656c6974",
        ),
    ],
)
def test_items_are_encoded_as_published(item: rlp.Item, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded


@given(st.recursive(st.binary(max_size=300), st.lists, max_leaves=12))
def test_an_item_is_decoded_as_it_was_encoded(item: rlp.Decoded) -> None:
    assert rlp.decode(rlp.encode(item)) == item


@given(st.binary(max_size=60))
def test_any_bytes_are_the_only_encoding_of_something_or_malformed(encoded: bytes) -> None:
    try:
        assert rlp.encode(rlp.decode(encoded)) == encoded
    except rlp.RlpMalformed:
        return


def test_a_hash_is_keccaks() -> None:
    assert keccak_256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak_256(b"transfer(address,uint256)")[:4] == wire.TRANSFER_SELECTOR
    assert keccak_256(b"balanceOf(address)")[:4] == wire.BALANCE_SELECTOR
    assert wire.text(keccak_256(b"Transfer(address,address,uint256)")) == wire.TRANSFER_TOPIC


@given(Number, Number, Number, Number, Number, Address, Number, Octets)
def test_a_transaction_is_read_as_it_was_written(
    network: int, nonce: int, tip: int, most: int, gas: int, to: bytes, value: int, data: bytes
) -> None:
    transaction = Transaction(network, nonce, Prices(tip, most), gas, to, value, data)
    assert transactions.read(transaction.unsigned()) == transaction


@given(nonce=Number, to=Address, value=Number, data=Octets)
async def test_a_signed_transaction_tells_its_sender(nonce: int, to: bytes, value: int, data: bytes) -> None:
    transaction = Transaction(1, nonce, Prices(1, 2), 21_000, to, value, data)
    keys = scene.keystore()
    key = await keys.address_key(HOT)
    raw = transaction.signed(await keys.sign(HOT, keccak_256(transaction.unsigned())), key)
    assert transactions.read(raw) == transaction
    assert transactions.sender_of(raw) == account_of(key)


@given(st.binary(max_size=120))
def test_any_bytes_are_a_transaction_or_malformed(encoded: bytes) -> None:
    for read in (transactions.read, transactions.sender_of):
        with pytest.raises(TransactionMalformed):
            read(encoded)
        with pytest.raises(TransactionMalformed):
            read(transactions.TYPE + encoded)


@given(Number, Number, st.integers(1, 20))
def test_outbidding_is_an_eighth_more_each_time(tip: int, most: int, times: int) -> None:
    before, after = Prices(tip, most).outbid(times - 1), Prices(tip, most).outbid(times)
    assert after.tip * 8 > before.tip * 9 - 8
    assert after.tip * 8 >= before.tip * 9
    assert after.most * 8 >= before.most * 9


@given(Address, Number)
def test_a_transfer_is_read_as_it_was_written(recipient: bytes, units: int) -> None:
    assert wire.read_transfer_data(wire.transfer_data(recipient, units)) == (recipient, units)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("already known", is_known),
        ("transaction already imported", is_known),
        ("AlreadyKnown", is_known),
        ("known transaction: 0xabc", is_known),
        ("nonce too low: next nonce 5, tx nonce 4", is_nonce_used),
        ("OldNonce", is_nonce_used),
        ("invalid sender", is_never_taken),
        ("intrinsic gas too low", is_never_taken),
        ("invalid chain id for signer: have 5 want 1", is_never_taken),
        ("execution reverted: paused", would_fail),
        ("insufficient funds for gas * price + value", would_fail),
    ],
)
def test_nodes_words_are_understood(text: str, meant: object) -> None:
    refusal = NodeRefused("test", -32000, text)
    assert [rule for rule in (is_known, is_nonce_used, is_never_taken, would_fail) if rule(refusal)] == [meant]


@pytest.mark.parametrize("text", ["replacement transaction underpriced", "txpool is full", "nonce too high", "", "?"])
def test_whatever_is_not_understood_may_pass(text: str) -> None:
    refusal = NodeRefused("test", -32000, text)
    assert not any(rule(refusal) for rule in (is_known, is_nonce_used, is_never_taken, would_fail))
