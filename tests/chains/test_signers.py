"""Keys that are asked for signatures and never given away."""

from collections.abc import AsyncIterator
from pathlib import Path

import pkcs11
import pkcs11.exceptions
import pytest
from coincurve import PublicKey
from hypothesis import given
from hypothesis import strategies as st

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.chains.secp256k1 import ORDER, recovery_id, with_lower_s
from bursar.providers.chains.signers.hardware import HardwareSigner, KeyUnprotected
from bursar.providers.chains.signers.keystore import Keystore, SeedMalformed, branches_of
from bursar.providers.chains.signers.split import SplitSigner
from bursar.wallet.addresses import EPOCHS, INDEX_MAX, account_of, check_extended_key, child_key, deposit_path
from bursar.wallet.errors import DepositIndexOutOfRange, ExtendedKeyMalformed
from bursar.wallet.ports import KeyPurpose, KeyRef
from tests import hsm
from tests.chains import scene
from tests.chains.anvil import Anvil
from tests.chains.scene import CHAIN_ID, HOT, Tokens

DIGEST = bytes(range(32))
OF_AN_EPOCH = INDEX_MAX + 1
DEPOSIT = KeyRef(CHAIN_ID, KeyPurpose.DEPOSIT, 5)
PUBLISHED = (
    "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB"
)
"""The master's public key in BIP32's second test vector."""
ELSEWHERE = KeyRef("elsewhere", KeyPurpose.HOT)


def assert_signed(signature: bytes, digest: bytes, public_key: bytes) -> None:
    assert len(signature) == 64
    assert int.from_bytes(signature[32:], "big") <= ORDER // 2
    assert recovery_id(digest, signature, public_key) in (0, 1)


# Extended keys


def test_children_of_an_extended_key_are_those_of_the_published_vectors() -> None:
    """BIP32's second test vector: the master's public key, and its child 0."""
    child = (  # m/0
        "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH"
    )
    found = child_key(PUBLISHED, 0)
    assert found.hex() == "02fc9e5af0ac8d9b3cecfe2a888e2117ba3d089d8585886c9c826b6b22a98d12ea"
    assert child_key(child, 0) != found


@pytest.mark.parametrize("number", [-1, OF_AN_EPOCH - EPOCHS, 2 * OF_AN_EPOCH - 1, EPOCHS * OF_AN_EPOCH])
def test_a_number_that_no_address_has_is_refused(number: int) -> None:
    with pytest.raises(DepositIndexOutOfRange):
        child_key(scene.keystore().extended_key(CHAIN_ID), number)


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (0, [0]),
        (OF_AN_EPOCH - EPOCHS - 1, [OF_AN_EPOCH - EPOCHS - 1]),
        (OF_AN_EPOCH, [OF_AN_EPOCH - 1, 0]),
        (OF_AN_EPOCH + 7, [OF_AN_EPOCH - 1, 7]),
        (511 * OF_AN_EPOCH + 7, [OF_AN_EPOCH - 511, 7]),
    ],
)
def test_each_epoch_has_a_branch_of_its_own(number: int, path: list[int]) -> None:
    assert deposit_path(number) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xpub",
        "0x00",
        # its last letter is another one
        PUBLISHED[:-1] + "C",
        # a private key
        "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
    ],
)
def test_what_is_no_extended_public_key_is_refused(text: str) -> None:
    with pytest.raises(ExtendedKeyMalformed):
        check_extended_key(text)


# The keystore


@given(st.integers(0, EPOCHS - 1), st.integers(0, OF_AN_EPOCH - EPOCHS - 1))
async def test_the_watching_side_derives_the_addresses_that_the_keystore_signs_for(epoch: int, index: int) -> None:
    index += epoch * OF_AN_EPOCH
    keys = scene.keystore()
    watched = PublicKey(child_key(keys.extended_key(CHAIN_ID), index)).format(compressed=False)
    assert await keys.address_key(KeyRef(CHAIN_ID, KeyPurpose.DEPOSIT, index)) == watched


async def test_a_well_known_seed_has_its_well_known_first_address() -> None:
    """`test test … junk` has this seed (BIP39), and every Ethereum tool shows this as its first account."""
    seed = bytes.fromhex(
        "9dfc3c64c2f8bede1533b6a79f8570e5943e0b8fd1cf77107adf7b72cef42185d564a3aee24cab43f80e3c4538087d70fc824eabbad596a23c97b6ee8322ccc0"
    )
    keys = Keystore(seed, branches_of([scene.SPEC]))
    address = account_of(await keys.address_key(KeyRef(CHAIN_ID, KeyPurpose.DEPOSIT, 0)))
    assert address.hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"


@given(st.binary(min_size=32, max_size=32))
async def test_every_signature_is_the_keys_and_has_the_lower_s(digest: bytes) -> None:
    keys = scene.keystore()
    for key in (HOT, DEPOSIT):
        assert_signed(await keys.sign(key, digest), digest, await keys.address_key(key))


@given(st.integers(1, ORDER - 1), st.integers(1, ORDER - 1))
def test_of_two_signatures_that_fit_the_one_with_the_lower_s_is_taken(r: int, s: int) -> None:
    low = with_lower_s(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    high = with_lower_s(r.to_bytes(32, "big") + (ORDER - s).to_bytes(32, "big"))
    assert low == high
    assert int.from_bytes(low[32:], "big") == min(s, ORDER - s)


async def test_a_key_that_is_not_there_is_refused() -> None:
    keys = scene.keystore()
    for key in (
        ELSEWHERE,
        KeyRef(CHAIN_ID, KeyPurpose.DEPOSIT, -1),
        KeyRef(CHAIN_ID, KeyPurpose.DEPOSIT, OF_AN_EPOCH - 1),
    ):
        with pytest.raises(ProviderRefused):
            await keys.address_key(key)
        with pytest.raises(ProviderRefused):
            await keys.sign(key, DIGEST)
    for digest in (b"", DIGEST[1:], DIGEST + b"\0"):
        with pytest.raises(ProviderRefused):
            await keys.sign(HOT, digest)
    for seed in (b"", bytes(15), bytes(65)):
        with pytest.raises(SeedMalformed):
            Keystore(seed, {})


def test_a_keystore_shows_nothing_of_its_seed() -> None:
    assert repr(scene.keystore()) == "Keystore()"


# The hardware module


@pytest.fixture
async def hardware(module: str, request: pytest.FixtureRequest) -> AsyncIterator[HardwareSigner]:
    """A signer whose hot key is made for the test."""
    signer = HardwareSigner(module, hsm.TOKEN, hsm.PIN, {CHAIN_ID: request.node.name})
    await signer.create(HOT)
    yield signer
    await signer.close()


async def test_the_module_signs_with_a_key_of_its_own(hardware: HardwareSigner) -> None:
    public_key = await hardware.address_key(HOT)
    assert (len(public_key), public_key[0]) == (65, 4)
    for number in range(40):
        digest = bytes([number]) * 32
        assert_signed(await hardware.sign(HOT, digest), digest, public_key)


async def test_the_key_cannot_be_taken_out(
    hardware: HardwareSigner, module: str, request: pytest.FixtureRequest
) -> None:
    await hardware.sign(HOT, DIGEST)
    # the same login serves the whole process, so this session may do whatever the signer may
    with pkcs11.lib(module).get_token(token_label=hsm.TOKEN).open(rw=True) as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=request.node.name)
        wrapping = session.generate_key(pkcs11.KeyType.AES, 256, template={pkcs11.Attribute.WRAP: True})
        assert not key[pkcs11.Attribute.EXTRACTABLE]
        assert key[pkcs11.Attribute.NEVER_EXTRACTABLE]
        assert key[pkcs11.Attribute.ALWAYS_SENSITIVE]
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]
        with pytest.raises(pkcs11.exceptions.KeyUnextractable):
            wrapping.wrap_key(key)
        with pytest.raises(pkcs11.exceptions.PKCS11Error):
            key[pkcs11.Attribute.EXTRACTABLE] = True
        with pytest.raises(pkcs11.exceptions.PKCS11Error):
            key[pkcs11.Attribute.SENSITIVE] = False
        with pytest.raises(pkcs11.exceptions.PKCS11Error):
            key.copy({pkcs11.Attribute.EXTRACTABLE: True})


async def test_without_the_pin_there_is_no_key_to_be_seen(module: str) -> None:
    signer = HardwareSigner(module, hsm.TOKEN, hsm.PIN, {CHAIN_ID: "unseen"})
    await signer.create(HOT)
    await signer.close()
    with (
        pkcs11.lib(module).get_token(token_label=hsm.TOKEN).open() as session,
        pytest.raises(pkcs11.exceptions.NoSuchKey),
    ):
        session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="unseen")


async def test_a_lost_session_is_opened_again(hardware: HardwareSigner, module: str) -> None:
    public_key = await hardware.address_key(HOT)
    pkcs11.lib(module).reinitialize()
    assert_signed(await hardware.sign(HOT, DIGEST), DIGEST, public_key)
    pkcs11.lib(module).reinitialize()
    again = HardwareSigner(module, hsm.TOKEN, hsm.PIN, hardware._labels)
    assert await again.address_key(HOT) == public_key
    await again.close()


async def test_a_key_that_could_be_taken_out_is_not_used(module: str) -> None:
    signer = HardwareSigner(module, hsm.TOKEN, hsm.PIN, {CHAIN_ID: "unprotected"})
    with pkcs11.lib(module).get_token(token_label=hsm.TOKEN).open(user_pin=hsm.PIN, rw=True) as session:
        curve = {pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256k1")}
        session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True).generate_keypair(
            store=True, label="unprotected", private_template={pkcs11.Attribute.EXTRACTABLE: True}
        )
    for asked in (signer.address_key(HOT), signer.sign(HOT, DIGEST)):
        with pytest.raises(KeyUnprotected):
            await asked
    await signer.close()


async def test_what_the_module_does_not_have_is_refused(hardware: HardwareSigner, module: str) -> None:
    for key in (ELSEWHERE, DEPOSIT):
        with pytest.raises(ProviderRefused):
            await hardware.address_key(key)
        with pytest.raises(ProviderRefused):
            await hardware.sign(key, DIGEST)
    with pytest.raises(ProviderRefused):
        await hardware.create(HOT)
    with pytest.raises(ProviderRefused):
        await hardware.sign(HOT, DIGEST[1:])
    unknown = HardwareSigner(module, hsm.TOKEN, hsm.PIN, {CHAIN_ID: "never made"})
    with pytest.raises(ProviderRefused):
        await unknown.sign(HOT, DIGEST)
    await unknown.close()


async def test_a_wrong_pin_is_tried_only_once(module: str) -> None:
    pkcs11.lib(module).reinitialize()
    signer = HardwareSigner(module, hsm.TOKEN, "0000-0000", {CHAIN_ID: "any"})
    tried = []
    original = signer._open

    def counted() -> pkcs11.Session:
        tried.append(1)
        return original()

    signer._open = counted  # type: ignore[method-assign]
    for _ in range(3):
        with pytest.raises(ProviderRefused):
            await signer.sign(HOT, DIGEST)
    assert len(tried) == 1
    assert "0000" not in repr(signer)
    await signer.close()


async def test_a_module_that_is_not_there_may_come_back(module: str, tmp_path: Path) -> None:
    for library, token in ((str(tmp_path / "nothing.so"), hsm.TOKEN), (module, "another token")):
        signer = HardwareSigner(library, token, hsm.PIN, {CHAIN_ID: "any"})
        with pytest.raises(ProviderUnavailable):
            await signer.sign(HOT, DIGEST)
        await signer.close()


async def test_hot_from_the_module_and_deposits_from_the_keystore(hardware: HardwareSigner) -> None:
    keys = scene.keystore()
    both = SplitSigner(hardware, keys)
    assert await both.address_key(HOT) == await hardware.address_key(HOT) != await keys.address_key(HOT)
    assert await both.address_key(DEPOSIT) == await keys.address_key(DEPOSIT)
    for key in (HOT, DEPOSIT):
        assert_signed(await both.sign(key, DIGEST), DIGEST, await both.address_key(key))


async def test_a_payment_that_the_module_signed_is_taken_by_a_real_node(
    node: Anvil, tokens: Tokens, hardware: HardwareSigner
) -> None:
    chain = scene.chain_on(tokens, node.url)
    public_key = await hardware.address_key(HOT)
    address = chain.read_address("0x" + account_of(public_key).hex())
    await node.pay(address, 10**18)
    await tokens.silent.transfer(address, 100)
    usdt = tokens.token("silent")
    draft = await chain.draft(await scene.payment(chain, address, node.accounts[5], usdt, 30))
    transaction = chain.assemble(draft, await hardware.sign(HOT, draft.digest), public_key)
    await chain.broadcast(transaction)
    await node.mined(transaction.hash)
    outcome = await chain.outcome(transaction.hash)
    assert outcome is not None
    assert outcome.succeeded
    assert await chain.balance(node.accounts[5], usdt) == 30
    await chain.close()
