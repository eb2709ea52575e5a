"""Fields that are sealed to one of two keys open with that one, also where the other gives a plausible text."""

import pytest
from cryptography.hazmat.primitives import serialization

from bursar.api.payout.keys import MerchantKey, SystemKey, Undecryptable, open_with
from bursar.api.payout.signing import V1, V2, Version
from bursar.vault.rsa import new_rsa_key

OLD, NEW, OTHER = (SystemKey.from_pem(new_rsa_key()) for _ in range(3))


def sealed_to(key: SystemKey, version: Version, *texts: str) -> list[str]:
    public = MerchantKey(key.private_key.public_key())
    return [public.seal(version, text) for text in texts]


@pytest.mark.parametrize("version", [V1, V2])
@pytest.mark.parametrize("key", [OLD, NEW])
def test_either_key_opens_what_was_sealed_to_it(version: Version, key: SystemKey) -> None:
    for keys in ([OLD, NEW], [NEW, OLD]):
        assert open_with(keys, version, sealed_to(key, version, "1010101010", "12")) == ["1010101010", "12"]


@pytest.mark.parametrize("version", [V1, V2])
def test_what_was_sealed_to_neither_opens_with_neither(version: Version) -> None:
    with pytest.raises(Undecryptable):
        open_with([OLD, NEW], version, sealed_to(OTHER, version, "SA4420000001234567891234", "1010101010"))


def plausible_under_both() -> tuple[list[str], str, str]:
    """A short field sealed to NEW that OLD, by implicit rejection, opens to another plausible text."""
    for number in range(200_000):
        text = f"{number:06d}"
        sealed = sealed_to(NEW, V1, text)
        try:
            return sealed, text, OLD.open(V1, sealed)[0]
        except Undecryptable:
            continue
    raise AssertionError("the library rejects wrong paddings openly")


def test_where_both_give_a_text_the_padding_decides() -> None:
    sealed, text, other = plausible_under_both()
    assert other != text
    assert open_with([OLD, NEW], V1, sealed) == [text]
    assert open_with([NEW, OLD], V1, sealed) == [text]
    assert NEW.has_sealed(sealed)
    assert not OLD.has_sealed(sealed)


def test_the_check_of_the_padding_agrees_with_the_library() -> None:
    for text in ("1", "123456", "SA4420000001234567891234"):
        sealed = sealed_to(NEW, V1, text)
        assert (NEW.has_sealed(sealed), OLD.has_sealed(sealed), OTHER.has_sealed(sealed)) == (True, False, False)


def test_a_key_is_read_as_the_vault_keeps_it() -> None:
    pem = OLD.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert SystemKey.from_pem(pem).public_der == OLD.public_der
