"""Checks before a process starts: of the adapters of its modules, and of the database that it runs on."""

from bursar.db.access import check_access, connected
from bursar.db.database import configure_session
from bursar.db.schema import check_mode, check_schema
from bursar.install.service import check_standing
from bursar.install.settings import Settings
from bursar.kernel.errors import ProviderUnavailable
from bursar.main.adapters import check_adapters
from bursar.main.schema import schema_of
from bursar.main.standings import StandingUnknown, records_of


async def check_database(settings: Settings) -> bool:
    """True if the way to the database shares sessions.

    Raises AdaptersMissing, and CannotStart (ModeDiffers and StandingUnknown among them), SchemaUnfit or
    DatabaseRestored when nothing can run on the database.
    """
    check_adapters(settings)
    schema = schema_of(settings.mode)
    shared = await check_access(settings.addresses)
    async with connected(settings.database_url, "DATABASE_URL") as connection:
        if not shared:
            await configure_session(connection)
        await check_mode(connection, schema)
        await check_schema(connection, schema)
        try:
            await check_standing(connection, records_of(settings))
        except ProviderUnavailable as fault:
            raise StandingUnknown(fault) from fault
    return shared
