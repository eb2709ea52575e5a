"""One signer for the hot keys and another one for the deposit addresses, as one."""

from bursar.wallet.ports import KeyPurpose, KeyRef, Signer


class SplitSigner:
    """The port's adapter: hot keys from a hardware module, say, and deposit keys from a keystore."""

    def __init__(self, hot: Signer, deposits: Signer) -> None:
        self._signers = {KeyPurpose.HOT: hot, KeyPurpose.DEPOSIT: deposits}

    async def address_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed; raises ProviderRefused when there is none."""
        return await self._signers[key.purpose].address_key(key)

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """r and s, with the lower s; raises the exceptions of the signer that has the key."""
        return await self._signers[key.purpose].sign(key, digest)
