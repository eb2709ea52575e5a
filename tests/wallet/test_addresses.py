"""Addresses: published examples, and every text that is nearly one refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.wallet.addresses import (
    BASE58,
    account_of,
    base58check,
    check_extended_key,
    child_key,
    evm_address,
    read_base58check,
    read_evm_address,
    read_tron_address,
    tron_address,
)
from bursar.wallet.errors import AddressMalformed, ExtendedKeyMalformed

EIP_55 = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)
"""The examples of EIP-55."""
TRON_USDT = ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "a614f803b6fd780986a42c78ec9c7f77e6ded13c")
"""The contract of USDT on TRON, and its 20 bytes."""
BIP32_CHILD = (
    "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ"
)
"""m/0H/1 of test vector 1 of BIP32."""
PRIVATE = (
    "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
)
accounts = st.binary(min_size=20, max_size=20)


@pytest.mark.parametrize("text", EIP_55)
def test_the_case_of_an_ethereum_address_is_its_checksum(text):
    assert evm_address(read_evm_address(text)) == text
    assert evm_address(read_evm_address(text.lower())) == text
    turned = text[:-1] + text[-1].swapcase() if text[-1].isalpha() else text[:2] + text[2:].swapcase()
    with pytest.raises(AddressMalformed):
        read_evm_address(turned)


def test_a_tron_address_is_the_published_one():
    text, account = TRON_USDT
    assert tron_address(bytes.fromhex(account)) == text
    assert read_tron_address(text).hex() == account


@given(accounts)
def test_what_was_written_is_read_back(account):
    assert read_evm_address(evm_address(account)) == account
    assert read_tron_address(tron_address(account)) == account


@given(accounts, st.data())
def test_one_wrong_letter_is_noticed(account, data):
    text = tron_address(account)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(BASE58.replace(text[place], "")))
    with pytest.raises(AddressMalformed):
        read_tron_address(text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "x" * 5_000,
        "0x５aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        TRON_USDT[0],
    ],
)
def test_what_is_no_ethereum_address_is_refused(text):
    with pytest.raises(AddressMalformed):
        read_evm_address(text)


@pytest.mark.parametrize("text", ["", "1", "T", "0OIl", "t" * 5_000, EIP_55[0], base58check(b"\x00" * 21)])
def test_what_is_no_tron_address_is_refused(text):
    with pytest.raises(AddressMalformed):
        read_tron_address(text)


@given(st.binary(max_size=60))
def test_base58check_keeps_every_byte(payload):
    assert read_base58check(base58check(payload)) == payload


def test_a_child_of_an_extended_key_is_the_one_of_the_standard():
    """BIP32, test vector 1: m/0H/1 is the child 1 of m/0H."""
    parent = (  # m/0H
        "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw"
    )
    child = read_base58check(BIP32_CHILD)
    assert child_key(parent, 1) == child[-33:]


def test_the_address_of_a_key_is_that_of_its_account():
    """The public key of the private key 1, whose Ethereum address is widely known."""
    one = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    assert evm_address(account_of(bytes.fromhex(one))) == "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


@pytest.mark.parametrize("text", [PRIVATE, "", "xpub", BIP32_CHILD[:-1] + "a", "T" * 200])
def test_what_is_no_extended_public_key_is_refused_and_not_told(text):
    with pytest.raises(ExtendedKeyMalformed) as refused:
        check_extended_key(text)
    assert not text or text not in repr(refused.value)
