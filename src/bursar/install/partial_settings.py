"""Settings as far as they can be read: for a diagnosis, which tells of everything that is missing and not of the first.

No process runs on them: what cannot be read has a stand-in that leads nowhere.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bursar.install.errors import SettingMissing, SettingUnknown
from bursar.install.settings import KEPT_KEY, Mode, Settings, read_home, read_settings
from bursar.install.variables import FILE_SUFFIX
from bursar.vault.errors import KeyModuleMalformed, MasterKeyInvalid, WrappedKeyMalformed

DATABASE: Final = "DATABASE_URL"
MASTER_KEY: Final = "BURSAR_MASTER_KEY"
OF_THE_KEY: Final = (MASTER_KEY, f"{MASTER_KEY}_PREVIOUS", f"{MASTER_KEY}_MODULE", f"{MASTER_KEY}_PIN")
"""They are read together: where one has no sense, none is read."""
_STAND_INS: Final = {DATABASE: "postgresql://stand-in.invalid/", MASTER_KEY: base64.b64encode(bytes(32)).decode()}
SETTINGS_OF: Final[Mapping[str, tuple[str, ...]]] = {"database": (DATABASE,), "master key": OF_THE_KEY}
"""By port of an install: those without which it cannot be tried."""
_NO_KEY_YET: Final = f"{MASTER_KEY} is not set, and `bursar up` has not made a key in BURSAR_HOME yet."


@dataclass(frozen=True, slots=True)
class PartialSettings:
    """Settings, of which those named in `faults` are not what somebody meant."""

    settings: Settings
    faults: Mapping[str, str] = field(default_factory=dict)
    """A sentence by the setting's name."""

    @property
    def has_database(self) -> bool:
        """False where nothing names one."""
        return DATABASE not in self.faults


def read_partial_settings(given: Mapping[str, str]) -> PartialSettings:
    """All that can be read; writes nothing. Raises no refusal of a setting."""
    environment, faults = dict(given), dict[str, str]()

    def leave_out(name: str, fault: str) -> None:
        faults[name] = fault
        for each in OF_THE_KEY if name in OF_THE_KEY else (name,):
            environment.pop(each, None)
            environment.pop(each + FILE_SUFFIX, None)
            if each in _STAND_INS:
                environment[each] = _STAND_INS[each]

    if _would_make_a_key(environment):
        leave_out(MASTER_KEY, _NO_KEY_YET)
    while True:
        try:
            return PartialSettings(read_settings(environment), faults)
        except SettingMissing as fault:
            leave_out(fault.name.removesuffix(FILE_SUFFIX), str(fault))
        except SettingUnknown as fault:
            for name in fault.names:
                leave_out(name, f"There is no setting {name}.")
        except (MasterKeyInvalid, WrappedKeyMalformed, KeyModuleMalformed) as fault:
            leave_out(MASTER_KEY, str(fault))


def _would_make_a_key(environment: Mapping[str, str]) -> bool:
    """True for a sandbox that was never up: to read its settings would be to make its key."""
    given = environment.get(MASTER_KEY) or environment.get(MASTER_KEY + FILE_SUFFIX)
    is_live = environment.get("BURSAR_MODE") == Mode.LIVE
    return not given and not is_live and not (read_home(environment) / KEPT_KEY).exists()
