"""The ground of one process in a test, and the outside that its sandbox plays."""

from pathlib import Path

from bursar.db.database import Database
from bursar.ground import Ground
from bursar.kernel.clock import Clock
from bursar.kernel.ids import Ids
from bursar.outside import ChainAccess, Outside
from bursar.providers.chains.signers.keystore import Keystore
from bursar.providers.storage.folder import StorageFolder
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.chain.pools import SANDBOX_BRANCHES, public_half, spec_of
from bursar.vault.master import MasterKeys
from bursar.vault.wrapped import GivenKeys
from bursar.webhooks.errors import PushFailed
from bursar.webhooks.model import Answer, HttpPost

MASTER_KEY = MasterKeys(b"k" * 32)
GIVEN_KEYS = GivenKeys(b"k" * 32)
SEED = b"s" * 32
"""The wallet's, where a test names no other."""


class Unconnected:
    """A network on which nobody is reached."""

    async def post(self, outgoing: HttpPost) -> Answer:
        raise PushFailed("unreachable")

    async def check(self, url: str) -> None:
        """Every URL might be one."""


def ground_of(database: Database, ids: Ids, clock: Clock) -> Ground:
    """The ground of a process, on the database's sandbox."""
    return Sandbox.of(database).ground(ids, clock, MASTER_KEY)


def chain_access(ground: Ground, sandbox: Sandbox, seed: bytes = SEED) -> ChainAccess:
    """The sandbox's chains, with keys from a seed."""
    specs = [spec_of(chain_id, *keys) for chain_id, keys in public_half(seed).items()]
    return sandbox.access(ground, specs, Keystore(seed, SANDBOX_BRANCHES))


def outside_of(ground: Ground, sandbox: Sandbox, folder: Path) -> Outside:
    """All ports, as the sandbox plays them; files are kept in the folder."""
    return sandbox.outside(ground, chain_access(ground, sandbox), StorageFolder(folder), Unconnected())
