"""Hot keys in a hardware module (PKCS#11): this process asks for signatures and never sees a private key.

Promises: a key that could be taken out of the module is not used; a session that the module has lost is opened again,
once for each call; a wrong PIN is tried only once in the life of the process, since modules lock themselves. Calls are
made one after another, in a thread of their own, so that a slow module holds up nobody else.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.extras import optional
from bursar.providers.chains.secp256k1 import DIGEST_BYTES, SIGNATURE_BYTES, with_lower_s
from bursar.wallet.ports import KeyPurpose, KeyRef

if TYPE_CHECKING:
    import pkcs11

TIMEOUT_S: Final = 10.0
"""For one signature, with everything before it in the queue."""
CURVE: Final = "secp256k1"
_POINT_BYTES: Final = 65
_DER_POINT: Final = bytes([0x04, _POINT_BYTES])
"""The head of an octet string that holds an uncompressed point."""
_KEY: Final = "signer.address_key"
_SIGN: Final = "signer.sign"

T = TypeVar("T")


class KeyUnprotected(ProviderRefused):
    """The key could be taken out of the module, so it is not used."""


class HardwareSigner:
    """The port's adapter for hot keys; `close` when done."""

    def __init__(self, module: str, token_label: str, pin: str, labels: Mapping[str, str]) -> None:
        """`module` is the path of the vendor's library, `labels` names the key of each chain by the chain's id.

        Raises ExtraMissing.
        """
        with optional("hsm"):
            import pkcs11
        self._module = module
        self._token_label = token_label
        self._pin = pin
        self._labels = labels
        self._session: pkcs11.Session | None = None
        self._pin_is_wrong = False
        self._public_keys: dict[str, bytes] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pkcs11")

    def __repr__(self) -> str:
        return "HardwareSigner()"

    async def close(self) -> None:
        """Log out."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._leave)
        self._thread.shutdown(wait=False)

    async def address_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed; raises ProviderRefused when there is none, or KeyUnprotected."""
        label = self._label(key, _KEY)
        if label not in self._public_keys:
            self._public_keys[label] = await self._run(_KEY, lambda session: _public_key(session, label))
        return self._public_keys[label]

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """r and s, with the lower s; raises ProviderRefused, KeyUnprotected or ProviderUnavailable."""
        label = self._label(key, _SIGN)
        if len(digest) != DIGEST_BYTES:
            raise ProviderRefused(_SIGN)
        return await self._run(_SIGN, lambda session: _sign(session, label, digest))

    async def create(self, key: KeyRef) -> bytes:
        """Make a chain's hot key in the module, never to leave it; its public key. Raises ProviderRefused if it is
        there.
        """
        label = self._label(key, _KEY)
        return await self._run(_KEY, lambda session: _create(session, label))

    def _label(self, key: KeyRef, operation: str) -> str:
        label = self._labels.get(key.chain_id)
        if key.purpose is not KeyPurpose.HOT or label is None:
            raise ProviderRefused(operation)
        return label

    async def _run(self, operation: str, work: Callable[["pkcs11.Session"], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await loop.run_in_executor(self._thread, self._work, operation, work)
        except TimeoutError:
            raise ProviderUnavailable(operation) from None

    def _work(self, operation: str, work: Callable[["pkcs11.Session"], T]) -> T:
        """With the session there is, or, when that one is lost, with another."""
        import pkcs11.exceptions as faults

        try:
            try:
                return work(self._enter(operation))
            except (faults.NoSuchKey, faults.MultipleObjectsReturned):
                raise ProviderRefused(operation) from None
            except faults.PKCS11Error:
                self._leave()
                return work(self._enter(operation))
        except (faults.NoSuchKey, faults.MultipleObjectsReturned):
            raise ProviderRefused(operation) from None
        except (faults.PKCS11Error, RuntimeError):  # RuntimeError: the library cannot be loaded
            self._leave()
            raise ProviderUnavailable(operation) from None

    def _enter(self, operation: str) -> "pkcs11.Session":
        """The open session."""
        import pkcs11.exceptions as faults

        if self._pin_is_wrong:
            raise ProviderRefused(operation)
        if self._session is None:
            try:
                self._session = self._open()
            except (faults.PinIncorrect, faults.PinLocked, faults.PinLenRange, faults.PinInvalid, faults.PinExpired):
                self._pin_is_wrong = True
                raise ProviderRefused(operation) from None
        return self._session

    def _open(self) -> "pkcs11.Session":
        import pkcs11
        import pkcs11.exceptions as faults

        token = pkcs11.lib(self._module).get_token(token_label=self._token_label)
        try:
            return token.open(user_pin=self._pin, rw=True)
        except faults.UserAlreadyLoggedIn:  # the lost session's login is still there
            return token.open(rw=True)

    def _leave(self) -> None:
        import pkcs11.exceptions as faults

        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except faults.PKCS11Error:
                return


def _sign(session: "pkcs11.Session", label: str, digest: bytes) -> bytes:
    from pkcs11 import Mechanism

    signature: bytes = _private_key(session, label).sign(digest, mechanism=Mechanism.ECDSA)
    if len(signature) != SIGNATURE_BYTES:
        raise ProviderUnavailable(_SIGN)
    return with_lower_s(signature)


def _private_key(session: "pkcs11.Session", label: str) -> Any:
    from pkcs11 import Attribute, ObjectClass

    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)
    if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
        raise KeyUnprotected(_SIGN)
    return key


def _public_key(session: "pkcs11.Session", label: str) -> bytes:
    from pkcs11 import Attribute, ObjectClass

    _private_key(session, label)
    point: bytes = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)[Attribute.EC_POINT]
    point = point.removeprefix(_DER_POINT) if len(point) > _POINT_BYTES else point
    if len(point) != _POINT_BYTES:
        raise ProviderRefused(_KEY)
    return point


def _create(session: "pkcs11.Session", label: str) -> bytes:
    from pkcs11 import Attribute, KeyType, ObjectClass
    from pkcs11.util.ec import encode_named_curve_parameters

    if list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label})):
        raise ProviderRefused(_KEY)
    curve = {Attribute.EC_PARAMS: encode_named_curve_parameters(CURVE)}
    session.create_domain_parameters(KeyType.EC, curve, local=True).generate_keypair(
        store=True,
        label=label,
        id=label.encode(),
        private_template={Attribute.EXTRACTABLE: False, Attribute.SENSITIVE: True, Attribute.PRIVATE: True},
    )
    return _public_key(session, label)
