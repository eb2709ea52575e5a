"""The backup of an install: what is said of it, and where everything comes from."""

from pathlib import Path

from psycopg.rows import dict_row

from bursar import __version__
from bursar.backup.errors import BackupFailed
from bursar.backup.model import FORMAT, End, Manifest
from bursar.backup.service import make_backup
from bursar.db.access import Addresses, connected
from bursar.install.environment import read_values
from bursar.install.service import queries
from bursar.install.settings import Settings


async def back_up(settings: Settings, target: Path, recipient: str) -> End:
    """Back an install up, as the owner of its tables; its processes may run meanwhile.

    Raises CannotStart, and the errors of `make_backup`.
    """
    manifest = await _manifest(settings.addresses)
    return make_backup(target, recipient, manifest, settings.addresses.owner, settings.home)


async def _manifest(addresses: Addresses) -> Manifest:
    async with connected(addresses.owner, addresses.owner_setting) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        row = await (await cursor.execute(queries.describe_install.sql)).fetchone()
    if row is None:
        raise BackupFailed("the database has no install")
    shown = {each.setting.name: each.value for each in read_values() if each.value and not each.setting.secret}
    return Manifest(
        format=FORMAT,
        program=__version__,
        settings=shown,
        **row,
    )
