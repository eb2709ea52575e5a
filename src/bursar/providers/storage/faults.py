"""The faults of storage, as the port tells them."""

from collections.abc import Iterator
from contextlib import contextmanager

from bursar.kernel.errors import ProviderUnavailable


@contextmanager
def named(operation: str, *faults: type[Exception]) -> Iterator[None]:
    """Turns these faults, and those of the operating system, into ProviderUnavailable; they stay its cause."""
    told: tuple[type[Exception], ...] = (OSError, *faults)
    try:
        yield
    except told as fault:
        raise ProviderUnavailable(operation) from fault
