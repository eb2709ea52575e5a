"""Master keys as the settings give them, opened: by a hardware module where they are wrapped."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bursar.install.errors import SettingMissing
from bursar.install.settings import ModuleAccess
from bursar.vault.errors import MasterKeyInvalid
from bursar.vault.master import KEY_BYTES, MasterKey, MasterKeys
from bursar.vault.wrapped import GivenKey, GivenKeys, ModulePlace, WrappedKey, is_label

MODULE: Final = "BURSAR_MASTER_KEY_MODULE"


def masters_of(given: GivenKeys, access: ModuleAccess | None) -> MasterKeys:
    """The master keys of a process; raises MasterKeysAlike, SettingMissing, and CannotStart for a module that does not
    open them.

    It blocks for as long as the module takes.
    """
    current, *others = _opened([given.current, *([] if given.previous is None else [given.previous])], access)
    return MasterKeys(current, others[0] if others else None)


def _opened(given: list[GivenKey], access: ModuleAccess | None) -> list[bytes]:
    """Each in clear, with one login for all that are wrapped."""
    if not any(isinstance(key, WrappedKey) for key in given):
        return [key for key in given if isinstance(key, bytes)]
    from bursar.providers.key_modules.pkcs11 import opened

    access = _named(access)
    with opened(access.place, access.pin) as module:
        return [_checked(module.unwrap(key)) if isinstance(key, WrappedKey) else key for key in given]


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise MasterKeyInvalid
    return key


def _named(access: ModuleAccess | None) -> ModuleAccess:
    if access is None:
        raise SettingMissing(MODULE, "must name the hardware module")
    return access


@dataclass(frozen=True, slots=True)
class Wrapping:
    """An order to wrap a master key under a key of a module."""

    label: str
    """Names the module's key."""
    makes_module_key: bool = False
    other_module: ModulePlace | None = None
    """In the place of that of the settings."""
    other_pin_file: Path | None = None


def wrap(given: GivenKeys | None, access: ModuleAccess | None, order: Wrapping) -> tuple[str, WrappedKey]:
    """The id of the present master key, and that key wrapped, read back from the module before it is answered.

    Without `given` it is a new master key, which exists nowhere else. Raises the errors of `masters_of`.
    """
    if not is_label(order.label):
        raise SettingMissing("LABEL", "must have 1 to 64 letters, digits, dots, hyphens and underscores")
    from bursar.providers.key_modules.pkcs11 import opened

    master = os.urandom(KEY_BYTES) if given is None else _opened([given.current], access)[0]
    target = _target(access, order)
    with opened(target.place, target.pin, writable=order.makes_module_key) as module:
        if order.makes_module_key:
            module.make_key(order.label)
        wrapped = module.wrap(order.label, master)
        if module.unwrap(wrapped) != master:
            raise MasterKeyInvalid
    return MasterKey(master).id, wrapped


def _target(access: ModuleAccess | None, order: Wrapping) -> ModuleAccess:
    if order.other_module is None:
        return _named(access)
    try:
        pin = order.other_pin_file.read_text("utf-8").strip() if order.other_pin_file else ""
    except (OSError, ValueError):
        pin = ""
    if not pin:
        raise SettingMissing("--pin-file", "must name a file with the PIN of the other module")
    return ModuleAccess(order.other_module, pin)
