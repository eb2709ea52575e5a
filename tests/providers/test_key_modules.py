"""Master keys wrapped by a key in a hardware module, against SoftHSM."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, KeyType

from bursar.install.errors import SettingMissing
from bursar.install.settings import ModuleAccess
from bursar.kernel.errors import CannotStart
from bursar.main.masters import Wrapping, masters_of, wrap
from bursar.providers.key_modules.errors import ModuleKeyUnusable, ModuleUnusable
from bursar.providers.key_modules.pkcs11 import OpenModule, opened
from bursar.vault.errors import KeyModuleMalformed, MasterKeyInvalid, MasterKeysAlike, WrappedKeyMalformed
from bursar.vault.master import MasterKey
from bursar.vault.wrapped import GivenKeys, ModulePlace, WrappedKey, read_given_key
from tests import hsm

KEY = bytes(range(32))


@pytest.fixture
def access(module: str) -> ModuleAccess:
    return ModuleAccess(ModulePlace(module, hsm.TOKEN), hsm.PIN)


@pytest.fixture
def label(request: pytest.FixtureRequest) -> str:
    """A label of the test's own, since all tests share the token."""
    return "".join(letter if letter.isalnum() else "." for letter in request.node.name)[-60:]


@pytest.fixture
def token(access: ModuleAccess, label: str) -> Iterator[OpenModule]:
    with opened(access.place, access.pin, writable=True) as found:
        found.make_key(label)
        yield found


def test_a_wrapped_key_opens_in_its_module_and_two_wraps_of_it_differ(token: OpenModule, label: str) -> None:
    first, second = token.wrap(label, KEY), token.wrap(label, KEY)
    assert first != second
    assert [token.unwrap(each) for each in (first, second)] == [KEY, KEY]
    assert KEY not in first.sealed
    assert WrappedKey.read(str(first)) == first


def test_a_wrap_that_was_changed_or_is_another_keys_does_not_open(token: OpenModule, label: str) -> None:
    wrapped = token.wrap(label, KEY)
    token.make_key("another." + label[-40:])
    for changed in (
        replace(wrapped, sealed=wrapped.sealed[:-1] + bytes([wrapped.sealed[-1] ^ 1])),
        replace(wrapped, label="another." + label[-40:]),
    ):
        with pytest.raises(ModuleKeyUnusable, match="does not open the wrapped master key"):
            token.unwrap(changed)
    with pytest.raises(ModuleKeyUnusable, match="`nobody` of the token `bursar` is not there"):
        token.unwrap(replace(wrapped, label="nobody"))
    with pytest.raises(ModuleKeyUnusable, match="is there already"):
        token.make_key(label)


def test_the_modules_key_cannot_be_read(token: OpenModule, label: str) -> None:
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        _ = token._key(label)[Attribute.VALUE]


def test_a_key_that_could_be_taken_out_is_not_used(access: ModuleAccess, label: str) -> None:
    found = pkcs11.lib(access.place.module).get_token(token_label=hsm.TOKEN)
    with found.open(user_pin=hsm.PIN, rw=True) as session:
        loose = {Attribute.EXTRACTABLE: True, Attribute.SENSITIVE: False}
        session.generate_key(KeyType.AES, 256, store=True, label=label, template=loose)
    with opened(access.place, access.pin) as token, pytest.raises(ModuleKeyUnusable, match="could be taken out"):
        token.wrap(label, KEY)


def test_each_fault_of_a_module_has_its_sentence(access: ModuleAccess, tmp_path: Path) -> None:
    cases = {
        "cannot be loaded": (replace(access.place, module=str(tmp_path / "nothing.so")), access.pin),
        "has no token `another`": (replace(access.place, token="another"), access.pin),
        "does not take this PIN": (access.place, "0000-0000"),
    }
    for sentence, (place, pin) in cases.items():
        with pytest.raises(ModuleUnusable, match=sentence) as refusal, opened(place, pin):
            pass
        assert pin not in str(refusal.value)
    with opened(access.place, access.pin):
        pass  # the right one is taken still


def test_a_process_has_the_keys_of_its_settings_whichever_of_them_are_wrapped(
    access: ModuleAccess, token: OpenModule, label: str
) -> None:
    other = b"o" * 32
    for current in (KEY, token.wrap(label, KEY)):
        for previous in (other, token.wrap(label, other), None):
            masters = masters_of(GivenKeys(current, previous), access)
            assert (masters.current, masters.previous) == (KEY, previous and other)
    with pytest.raises(MasterKeysAlike):
        masters_of(GivenKeys(KEY, token.wrap(label, KEY)), access)
    with pytest.raises(SettingMissing, match="BURSAR_MASTER_KEY_MODULE must name the hardware module"):
        masters_of(GivenKeys(token.wrap(label, KEY)), None)
    with pytest.raises(MasterKeyInvalid):
        masters_of(GivenKeys(token.wrap(label, KEY[:16])), access)
    assert repr(GivenKeys(KEY)) == "GivenKeys()"


def test_the_present_key_moves_to_another_key_of_a_module_and_stays_itself(
    access: ModuleAccess, label: str, tmp_path: Path
) -> None:
    key_id, first = wrap(GivenKeys(KEY), access, Wrapping(label, makes_module_key=True))
    assert key_id == MasterKey(KEY).id
    moved = wrap(GivenKeys(first), access, Wrapping(label[-50:] + ".next", makes_module_key=True))
    assert moved[0] == key_id
    assert masters_of(GivenKeys(moved[1]), access).current == KEY
    (tmp_path / "pin").write_text(f"{hsm.PIN}\n")
    elsewhere = Wrapping(label, other_module=access.place, other_pin_file=tmp_path / "pin")
    assert wrap(GivenKeys(KEY), None, elsewhere)[0] == key_id
    new_id, new = wrap(None, access, Wrapping(label))
    assert new_id == next(iter(masters_of(GivenKeys(new), access))).id != key_id


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Wrapping("with space"), "LABEL must have"),
        (Wrapping("x" * 65), "LABEL must have"),
        (Wrapping("a"), "BURSAR_MASTER_KEY_MODULE"),
        (Wrapping("a", other_module=ModulePlace("m", "t")), "--pin-file"),
        (Wrapping("a", other_module=ModulePlace("m", "t"), other_pin_file=Path("/nothing")), "--pin-file"),
    ],
)
def test_a_wrapping_that_cannot_be_is_refused_before_a_module_is_asked(order: Wrapping, sentence: str) -> None:
    with pytest.raises(SettingMissing, match=sentence):
        wrap(GivenKeys(KEY), None, order)


@pytest.mark.parametrize(
    "text",
    ["wrapped:", "wrapped:a", "wrapped:a:AAAA", "wrapped:a b:" + "A" * 80, "wrapped::" + "A" * 80, "wrapped:a:*"],
)
def test_a_wrapped_key_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WrappedKeyMalformed):
        read_given_key(text)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/usr/lib/module.so",
        "pkcs11:token=a",
        "pkcs11:?module-path=/m",
        "pkcs11:token=a;object=b?module-path=/m",
        "pkcs11:token=a?module-path=/m&pin-value=1",
        "pkcs11:slot-id=0?module-path=/m",
    ],
)
def test_a_module_that_is_not_named_by_token_and_path_is_refused(uri: str) -> None:
    with pytest.raises(KeyModuleMalformed):
        ModulePlace.read(uri)


def test_a_token_with_other_letters_is_named_with_escapes() -> None:
    assert ModulePlace.read("pkcs11:token=my%20token?module-path=/usr/lib/m.so") == ModulePlace(
        "/usr/lib/m.so", "my token"
    )


def test_refusals_keep_a_process_from_starting() -> None:
    assert issubclass(ModuleUnusable, CannotStart)
    assert issubclass(ModuleKeyUnusable, CannotStart)
