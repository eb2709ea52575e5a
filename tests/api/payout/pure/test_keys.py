"""Sealed fields: what goes in comes out, keys that are no use are refused, and failing tells nothing."""

import base64
import os
import random
import statistics
import time
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.api.payout.keys import BLOCKS_MAX, KeyUnusable, MerchantKey, SystemKey, Undecryptable, merchant_key
from bursar.api.payout.signing import V1, V2, Version
from tests.clients import payout as payout_client

KEY = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
SYSTEM, MERCHANT = SystemKey(KEY), MerchantKey(KEY.public_key())
VERSIONS = pytest.mark.parametrize("version", [V1, V2], ids=["v1", "v2"])
PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z")), min_size=6, max_size=400)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    formats = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(*formats).decode()


def sealed(version: Version, plain: bytes, key: rsa.RSAPrivateKey = KEY) -> str:
    """One block of whatever bytes."""
    return base64.b64encode(key.public_key().encrypt(plain, version.sealing)).decode()


# ── both ways ────────────────────────────────────────────────────────────────────────────────────────────────────────


@VERSIONS
@settings(max_examples=30, deadline=None)
@given(text=PRINTABLE)
def test_what_either_side_seals_the_other_opens(version: Version, text: str) -> None:
    assert SYSTEM.open(version, [payout_client.seal(version.number, text, KEY.public_key())]) == [text]
    assert payout_client.unseal(version.number, MERCHANT.seal(version, text), KEY) == text


@pytest.mark.parametrize(("version", "block"), [(V1, 245), (V2, 190)], ids=["v1", "v2"])
def test_a_block_holds_as_much_as_published(version: Version, block: int) -> None:
    for length, blocks in ((1, 1), (block, 1), (block + 1, 2), (3 * block, 3)):
        assert len(base64.b64decode(MERCHANT.seal(version, "7" * length))) == 256 * blocks


@VERSIONS
def test_what_is_empty_stays_empty(version: Version) -> None:
    assert MERCHANT.seal(version, "") == ""


@VERSIONS
@pytest.mark.parametrize("text", ["1", "12", "abc", "A1234", "+9665123", "ع" * 64, "J. R.-17/3"])
def test_a_short_number_is_one_too(version: Version, text: str) -> None:
    assert SYSTEM.open(version, [MERCHANT.seal(version, text)]) == [text]


@VERSIONS
def test_fields_come_out_in_their_order(version: Version) -> None:
    fields = [MERCHANT.seal(version, text) for text in ("1010101010", "5123450000000001", "512345678")]
    assert SYSTEM.open(version, fields) == ["1010101010", "5123450000000001", "512345678"]


# ── merchants' keys ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_public_key_may_be_pem_or_base64() -> None:
    text = pem(KEY)
    bare = "".join(text.strip().splitlines()[1:-1])
    assert MerchantKey.from_text(text) == MERCHANT
    assert MerchantKey.from_text(bare) == MERCHANT
    assert MerchantKey.from_text(f"  {bare[:64]}\n{bare[64:]}\n") == MERCHANT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no key",
        "AAAA",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "ä",
        pem(rsa.generate_private_key(65537, 1024)),
        pem(ec.generate_private_key(ec.SECP256R1())),
    ],
    ids=["empty", "words", "too short", "broken pem", "not ascii", "1024 bits", "elliptic"],
)
def test_a_key_of_no_use_is_refused(text: str) -> None:
    with pytest.raises(KeyUnusable):
        MerchantKey.from_text(text)
    assert merchant_key(text) is None


# ── failing tells nothing ────────────────────────────────────────────────────────────────────────────────────────────


def undecryptable(version: Version) -> dict[str, object]:
    """One field for each way of being no use."""
    right = MERCHANT.seal(version, "1010101010")
    return {
        "random bytes": base64.b64encode(b"\x00" + os.urandom(255)).decode(),
        "other key": sealed(version, b"1010101010", OTHER),
        "other version": MERCHANT.seal(V2 if version is V1 else V1, "1010101010"),
        "as large as the modulus": base64.b64encode(b"\xff" * 256).decode(),
        "zero": base64.b64encode(b"\x00" * 256).decode(),
        "no text": sealed(version, b"\xff\xfe\xfd\xfc"),
        "nothing inside": sealed(version, b""),
        "control characters": sealed(version, b"1010\x00\x011010"),
        "two letters": sealed(version, b"ab"),
        "a few signs": sealed(version, b"(7)"),
        "second block wrong": base64.b64encode(base64.b64decode(right) + os.urandom(256)).decode(),
        "half a block": right[: len(right) // 2 // 4 * 4],
        "no base64": "#" * 344,
        "empty": "",
        "a number": 1010101010,
        "a list": ["1010101010"],
        "too many blocks": base64.b64encode(b"\x01" * 256 * (BLOCKS_MAX + 1)).decode(),
    }


@VERSIONS
def test_whatever_is_wrong_with_a_field_it_is_one_and_the_same_error(version: Version) -> None:
    for way, field in undecryptable(version).items():
        with pytest.raises(Undecryptable) as caught:
            SYSTEM.open(version, [field])
        assert (caught.value.args, caught.value.__cause__, caught.value.__context__) == ((), None, None), way


class Counting:
    """A private key that counts how often it is used."""

    key_size = 2048

    def __init__(self) -> None:
        self.used = 0

    def decrypt(self, block: bytes, scheme: padding.AsymmetricPadding) -> bytes:
        self.used += 1
        return KEY.decrypt(block, scheme)


@VERSIONS
def test_all_fields_are_tried_even_if_the_first_is_wrong(version: Version) -> None:
    counting = Counting()
    right = MERCHANT.seal(version, "1010101010")
    wrong = base64.b64encode(b"\x00" + os.urandom(255)).decode()
    with pytest.raises(Undecryptable):
        SystemKey(counting).open(version, [wrong, right, right])  # type: ignore[arg-type]
    assert counting.used == 3


def test_made_up_ciphertexts_are_practically_never_taken_for_text() -> None:
    """With wrong padding a block comes back as other bytes; those must not pass for an account's number."""
    taken = 0
    for _ in range(400):
        try:
            SYSTEM.open(V1, [base64.b64encode(b"\x00" + os.urandom(255)).decode()])
            taken += 1
        except Undecryptable:
            pass
    assert taken <= 3


ROUNDS = 700
DIFFERENCE_MAX = 0.02
"""Of the median time: two blocks where there should be one, or a check left out, are far more."""


def time_of(version: Version, field: object) -> int:
    started = time.perf_counter_ns()
    with suppress(Undecryptable):
        SYSTEM.open(version, [field])
    return time.perf_counter_ns() - started


@VERSIONS
def test_wrong_padding_and_wrong_content_take_the_same_time(version: Version) -> None:
    """Medians over samples taken turn by turn, so that whatever else the machine does falls on both kinds alike; one
    round of several in which they agree is enough, because noise can only make them differ."""
    assert any(difference_of_medians(version) < DIFFERENCE_MAX for _ in range(30))


def difference_of_medians(version: Version) -> float:
    kinds = {
        "padding": [base64.b64encode(b"\x00" + os.urandom(255)).decode() for _ in range(20)],
        "content": [sealed(version, b"\xff" + os.urandom(40)) for _ in range(20)],
    }
    times: dict[str, list[int]] = {kind: [] for kind in kinds}
    for number in range(ROUNDS):
        for kind in random.sample(sorted(kinds), 2):
            times[kind].append(time_of(version, kinds[kind][number % 20]))
    padding_ns, content_ns = (statistics.median(times[kind]) for kind in ("padding", "content"))
    return abs(padding_ns - content_ns) / content_ns
