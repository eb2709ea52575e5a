"""Packages that only some installs need: an import that misses one ends in a sentence that names the extra.

with optional("s3"):
    from obstore.store import S3Store
"""

from types import TracebackType

from bursar.kernel.errors import CannotStart


class ExtraMissing(CannotStart):
    """A package of an extra is needed and not installed."""

    def __init__(self, extra: str, package: str) -> None:
        super().__init__(f"The package {package} is needed and not installed: pip install 'bursar[{extra}]'.")
        self.extra = extra
        self.package = package


class _Optional:
    def __init__(self, extra: str) -> None:
        self._extra = extra

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(fault, ModuleNotFoundError) and fault.name and not fault.name.startswith("bursar"):
            raise ExtraMissing(self._extra, fault.name) from None


def optional(extra: str) -> _Optional:
    """While entered, an import of a package that is not installed raises ExtraMissing."""
    return _Optional(extra)
