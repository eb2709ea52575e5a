"""The modes that this version serves."""

from bursar.install.errors import SettingMissing
from bursar.install.settings import Mode


def refuse_to_serve_live(mode: Mode) -> None:
    """Raises SettingMissing: the providers of a live install are adapters that this version does not bring."""
    if mode is Mode.LIVE:
        raise SettingMissing("BURSAR_MODE", "cannot be live: this version has sandbox providers only")
