"""What is stored of passwords and codes: right ones match, and nobody reads them back."""

import re

import pytest

from bursar.db.database import Database
from bursar.kernel.ids import Ids
from bursar.vault.master import MasterKeys
from bursar.vault.passwords import Passwords, new_code
from bursar.vault.service import Vault


@pytest.fixture
def passwords(database: Database, ids: Ids) -> Passwords:
    return Passwords(Vault(database, ids, MasterKeys(b"k" * 32)))


async def test_only_the_same_password_of_the_same_merchant_and_purpose_matches(passwords: Passwords) -> None:
    stored = await passwords.hash(1, "door", "246801")
    assert await passwords.matches(1, "door", "246801", stored)
    assert not await passwords.matches(1, "door", "246802", stored)
    assert not await passwords.matches(2, "door", "246801", stored)
    assert not await passwords.matches(1, "window", "246801", stored)
    assert not await passwords.matches(1, "door", "246801", "what is stored is no hash")


async def test_a_password_is_stored_as_argon2id_and_never_twice_the_same(passwords: Passwords) -> None:
    first, second = await passwords.hash(1, "door", "246801"), await passwords.hash(1, "door", "246801")
    assert first.startswith("$argon2id$")
    assert first != second
    assert "246801" not in first


async def test_another_master_key_makes_a_stolen_table_worthless(
    passwords: Passwords, database: Database, ids: Ids
) -> None:
    stored, proof = await passwords.hash(1, "door", "246801"), passwords.code_proof(1, "door", "17", "246801")
    thief = Passwords(Vault(database, ids, MasterKeys(b"t" * 32)))
    assert not await thief.matches(1, "door", "246801", stored)
    assert not thief.code_matches(1, "door", "17", "246801", proof)


def test_a_code_proves_its_own_subject_only(passwords: Passwords) -> None:
    proof = passwords.code_proof(1, "door", "17", "246801")
    assert passwords.code_matches(1, "door", "17", "246801", proof)
    assert not passwords.code_matches(1, "door", "18", "246801", proof)
    assert not passwords.code_matches(2, "door", "17", "246801", proof)
    assert not passwords.code_matches(1, "door", "17", "", proof)
    assert not passwords.code_matches(1, "door", "17", "246801", b"")


def test_codes_have_six_digits_and_are_not_alike() -> None:
    codes = [new_code() for _ in range(500)]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in codes)
    assert len(set(codes)) > 480
    assert any(code.startswith("0") for code in codes)
