"""Encryption: read and written alike by another implementation, and refused for whatever is not exactly right."""

import base64
import hashlib
import json
import os
import textwrap
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe as reference
from joserfc.jwk import RSAKey

from bursar.api.card.jwe import (
    MAX_PLAINTEXT_BYTES,
    MAX_TOKEN_CHARS,
    KeyNotAccepted,
    OwnKey,
    Recipient,
    Undecryptable,
    key_id,
)

PLAINTEXT = '{"cardId":"1234567890","amount":"100.50","name":"سارة"}'.encode()


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def new_key(bits: int = 2048) -> OwnKey:
    return OwnKey.from_pem(pem_of(rsa.generate_private_key(65537, bits)))


PLATFORM = new_key()
STRANGER = new_key()


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(
    header: dict[str, object] | bytes | None = None,
    plaintext: bytes = PLAINTEXT,
    *,
    key_bytes: int = 16,
    oaep_hash: hashes.HashAlgorithm | None = None,
    iv_bytes: int = 12,
) -> str:
    """A token made step by step, so that each step can be made wrong."""
    if header is None:
        header = proper_header()
    protected = part(header if isinstance(header, bytes) else json.dumps(header).encode())
    content_key, iv = os.urandom(key_bytes), os.urandom(iv_bytes)
    digest = oaep_hash or hashes.SHA256()
    scheme = padding.OAEP(padding.MGF1(digest), digest, None)
    encrypted_key = PLATFORM.recipient.public_key.encrypt(content_key, scheme)
    sealed = AESGCM(content_key).encrypt(iv, plaintext, protected.encode())
    return ".".join([protected, *map(part, (encrypted_key, iv, sealed[:-16], sealed[-16:]))])


def proper_header(**changes: object) -> dict[str, object]:
    header = {"alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": PLATFORM.kid, **changes}
    return {name: value for name, value in header.items() if value is not None}


def deflated(plaintext: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(plaintext) + deflater.flush()


def is_refused(text: str) -> bool:
    """Refused without a word that could help to guess."""
    with pytest.raises(Undecryptable) as refusal:
        PLATFORM.decrypt(text)
    return refusal.value.args == ()


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("plaintext", [b"", b"{}", PLAINTEXT, os.urandom(5000)])
def test_the_recipient_reads_what_was_encrypted(enc: str, plaintext: bytes) -> None:
    assert PLATFORM.decrypt(PLATFORM.recipient.encrypt(plaintext, enc)) == plaintext


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
def test_joserfc_reads_our_tokens(enc: str) -> None:
    registry = reference.JWERegistry(algorithms=["RSA-OAEP-256", enc])
    key = RSAKey.import_key(PLATFORM.private_key)
    read = reference.decrypt_compact(PLATFORM.recipient.encrypt(PLAINTEXT, enc), key, registry=registry)
    assert read.plaintext == PLAINTEXT
    assert read.protected == {"alg": "RSA-OAEP-256", "enc": enc, "kid": PLATFORM.kid}


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("extra", [{}, {"zip": "DEF"}, {"typ": "JWE", "cty": "application/json"}])
def test_we_read_the_tokens_of_joserfc(enc: str, extra: dict[str, str]) -> None:
    registry = reference.JWERegistry(algorithms=["RSA-OAEP-256", enc, "DEF"])
    key = RSAKey.import_key(PLATFORM.recipient.public_key)
    header = {"alg": "RSA-OAEP-256", "enc": enc, "kid": PLATFORM.kid, **extra}
    assert PLATFORM.decrypt(reference.encrypt_compact(header, PLAINTEXT, key, registry=registry)) == PLAINTEXT


def test_two_tokens_of_one_text_differ() -> None:
    assert PLATFORM.recipient.encrypt(PLAINTEXT) != PLATFORM.recipient.encrypt(PLAINTEXT)


def test_a_key_is_named_by_the_digest_of_its_pem_text() -> None:
    lines = textwrap.wrap(PLATFORM.recipient.base64_der, 64)
    pem = "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
    assert PLATFORM.kid == PLATFORM.recipient.kid == hashlib.sha256(pem.encode()).hexdigest()
    assert PLATFORM.kid == key_id(PLATFORM.recipient.public_key)


def test_a_token_made_step_by_step_is_read() -> None:
    assert PLATFORM.decrypt(token()) == PLAINTEXT


def test_a_header_may_leave_out_the_key_name() -> None:
    assert PLATFORM.decrypt(token(proper_header(kid=None))) == PLAINTEXT


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": STRANGER.kid},
        {"kid": PLATFORM.kid.upper()},
        {"kid": ""},
        {"kid": 7},
        {"alg": "RSA-OAEP"},
        {"alg": "RSA1_5"},
        {"alg": "dir"},
        {"alg": "none"},
        {"alg": None},
        {"enc": "A128CBC-HS256"},
        {"enc": "A192GCM"},
        {"enc": None},
        {"enc": ["A128GCM"]},
        {"enc": {"A128GCM": 1}},
        {"zip": "GZ"},
        {"zip": ""},
        {"zip": ["DEF"]},
        {"crit": ["exp"], "exp": 1},
        {"padding": "x" * 4096},
    ],
)
def test_another_header_is_refused(changes: dict[str, object]) -> None:
    assert is_refused(token(proper_header(**changes)))


@pytest.mark.parametrize("header", [b"", b"{", b"[]", b'"A128GCM"', b"\xff", b"null"])
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    assert is_refused(token(header))


def test_a_header_that_says_something_twice_is_refused() -> None:
    twice = b'{"alg":"RSA1_5","alg":"RSA-OAEP-256","enc":"A128GCM"}'
    assert is_refused(token(twice))


def test_a_null_member_is_not_a_missing_one() -> None:
    assert is_refused(token(json.dumps({**proper_header(), "zip": None}).encode()))


def test_a_token_for_another_key_is_refused() -> None:
    assert is_refused(STRANGER.recipient.encrypt(PLAINTEXT))
    _, *rest = STRANGER.recipient.encrypt(PLAINTEXT).split(".")
    assert is_refused(".".join([part(json.dumps(proper_header()).encode()), *rest]))


def test_oaep_with_another_digest_is_refused() -> None:
    assert is_refused(token(oaep_hash=hashes.SHA1()))


@pytest.mark.parametrize(("enc", "key_bytes"), [("A128GCM", 32), ("A256GCM", 16), ("A128GCM", 24)])
def test_a_content_key_of_another_length_is_refused(enc: str, key_bytes: int) -> None:
    assert is_refused(token(proper_header(enc=enc), key_bytes=key_bytes))


@pytest.mark.parametrize("iv_bytes", [8, 11, 13, 16])
def test_an_iv_of_another_length_is_refused(iv_bytes: int) -> None:
    assert is_refused(token(iv_bytes=iv_bytes))


@pytest.mark.parametrize("tag_bytes", [0, 4, 12, 15])
def test_a_shortened_tag_is_refused(tag_bytes: int) -> None:
    *rest, tag = token().split(".")
    raw = base64.urlsafe_b64decode(tag + "==")
    assert is_refused(".".join([*rest, part(raw[:tag_bytes])]))


SOUND = PLATFORM.recipient.encrypt(PLAINTEXT)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n"


@settings(deadline=None)
@given(st.integers(0, len(SOUND) - 1), st.sampled_from(ALPHABET))
def test_any_changed_character_is_refused(at: int, char: str) -> None:
    changed = SOUND[:at] + char + SOUND[at + 1 :]
    assert changed == SOUND or is_refused(changed)


@settings(deadline=None)
@given(st.integers(0, 4))
def test_the_unused_bits_of_a_part_must_be_zero(index: int) -> None:
    parts = SOUND.split(".")
    raw = base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4))
    for last in ALPHABET[:64]:
        other = parts[index][:-1] + last
        same_bytes = base64.urlsafe_b64decode(other + "=" * (-len(other) % 4)) == raw
        if same_bytes and other != parts[index]:
            assert is_refused(".".join([*parts[:index], other, *parts[index + 1 :]]))


@pytest.mark.parametrize(
    "text",
    ["", ".", "....", "a.b.c", SOUND + ".x", SOUND + "=", SOUND + "\n", " " + SOUND, SOUND.replace(".", ".é", 1), "é"],
)
def test_what_has_not_the_form_of_a_token_is_refused(text: str) -> None:
    assert is_refused(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    assert is_refused(text)


def test_parts_of_two_tokens_do_not_mix() -> None:
    one, two = token().split("."), token().split(".")
    for index in range(1, 5):
        assert is_refused(".".join([*one[:index], two[index], *one[index + 1 :]]))


def test_a_deflated_text_up_to_the_limit_is_read() -> None:
    largest = b"a" * MAX_PLAINTEXT_BYTES
    assert PLATFORM.decrypt(token(proper_header(zip="DEF"), deflated(largest))) == largest


def test_a_text_that_inflates_beyond_the_limit_is_refused() -> None:
    assert is_refused(token(proper_header(zip="DEF"), deflated(b"a" * (MAX_PLAINTEXT_BYTES + 1))))


def test_a_zip_bomb_is_refused() -> None:
    bomb = deflated(bytes(200 * MAX_PLAINTEXT_BYTES))
    assert is_refused(token(proper_header(zip="DEF"), bomb))


@pytest.mark.parametrize(
    "damage",
    [
        lambda sound: b"",
        lambda sound: b"\xff" * 10,
        lambda sound: sound[:-1],
        lambda sound: sound + b"x",
        lambda sound: sound + sound,
        lambda sound: zlib.compress(PLAINTEXT),
        lambda sound: PLAINTEXT,
    ],
)
def test_what_is_not_one_whole_deflate_stream_is_refused(damage: Callable[[bytes], bytes]) -> None:
    assert is_refused(token(proper_header(zip="DEF"), damage(deflated(PLAINTEXT))))


def test_a_plain_text_up_to_the_limit_is_read() -> None:
    largest = os.urandom(MAX_PLAINTEXT_BYTES)
    assert PLATFORM.decrypt(token(plaintext=largest)) == largest


def test_a_plain_text_beyond_the_limit_is_refused() -> None:
    assert is_refused(token(plaintext=bytes(MAX_PLAINTEXT_BYTES + 1)))


def test_a_token_beyond_the_limit_is_refused_unread() -> None:
    assert is_refused("." * (MAX_TOKEN_CHARS + 1))
    assert is_refused(SOUND[: SOUND.rindex(".")] + "A" * MAX_TOKEN_CHARS + SOUND[SOUND.rindex(".") :])


def test_one_key_serves_many_threads() -> None:
    tokens = [PLATFORM.recipient.encrypt(str(number).encode()) for number in range(32)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(PLATFORM.decrypt, tokens)) == [str(number).encode() for number in range(32)]


def test_a_public_key_is_read_from_der_and_from_pem() -> None:
    key = PLATFORM.recipient.public_key
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    der = PLATFORM.recipient.base64_der
    wrapped = "\r\n".join(textwrap.wrap(der, 76))
    for text in (der, pem, wrapped, f"\n{pem}\n", pem.replace("\n", "\r\n")):
        assert Recipient.from_text(text).kid == PLATFORM.kid


def public_der(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        "ключ",
        "AAAA",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        PLATFORM.recipient.base64_der[:-8],
        "A" * 100_000,
        pem_of(PLATFORM.private_key),
        public_der(rsa.generate_private_key(65537, 1024)),
        public_der(ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_what_is_no_rsa_public_key_of_2048_bits_is_not_accepted(text: str) -> None:
    with pytest.raises(KeyNotAccepted):
        Recipient.from_text(text)


def test_a_larger_public_key_is_accepted() -> None:
    larger = new_key(3072)
    assert larger.decrypt(Recipient.from_text(larger.recipient.base64_der).encrypt(PLAINTEXT)) == PLAINTEXT


def encrypted_pem() -> str:
    protection = serialization.BestAvailableEncryption(b"password")
    formats = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return PLATFORM.private_key.private_bytes(*formats, protection).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        PLATFORM.recipient.base64_der,
        "A" * 100_000,
        encrypted_pem(),
        pem_of(rsa.generate_private_key(65537, 1024)),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_what_is_no_rsa_private_key_of_2048_bits_is_not_accepted(text: str) -> None:
    with pytest.raises(KeyNotAccepted):
        OwnKey.from_pem(text)


def test_a_private_key_does_not_show_itself() -> None:
    assert "PrivateKey" not in repr(PLATFORM)
