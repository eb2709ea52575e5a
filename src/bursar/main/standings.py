"""The records of an install's standing that its settings name: one in the home, one in the bucket if there is one."""

from bursar.install.record import Record, StandingFile
from bursar.install.settings import Settings
from bursar.kernel.errors import CannotStart, ProviderUnavailable
from bursar.kernel.extras import optional


class StandingUnknown(CannotStart):
    """The bucket with the record of the epoch does not answer."""

    def __init__(self, fault: ProviderUnavailable) -> None:
        super().__init__(
            "The bucket of BURSAR_STORAGE does not answer, so nobody can tell if the database is behind the record of"
            f" the epoch that is kept there ({fault.__cause__ or fault}). `bursar doctor` tries it."
        )


def records_of(settings: Settings) -> tuple[Record, ...]:
    """The records of this process; raises S3UrlMalformed or ExtraMissing."""
    file = StandingFile(settings.home)
    if settings.storage_url is None:
        return (file,)
    with optional("s3"):
        from bursar.providers.storage.s3 import Bucket
        from bursar.providers.storage.standing import StandingObject

    return file, StandingObject(Bucket.from_url(settings.storage_url))
