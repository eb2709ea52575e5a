"""The settings of an install: read from the environment once, checked, and handed down.

`variables.py` names each with its unit, default and meaning.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bursar.db.access import Addresses
from bursar.db.database import POOL_SIZE
from bursar.install import variables
from bursar.install.embedded import own_database_url
from bursar.install.environment import read_environment
from bursar.install.errors import SettingMissing
from bursar.install.home import make_home
from bursar.install.modules import Module
from bursar.install.rates import RateSettings, read_rates
from bursar.install.variables import HOME, HOST, OTP_PER_MERCHANT, OTP_PER_PREFIX, PORT, TRUSTED_PROXIES_MAX
from bursar.kernel.ip_networks import Network, read_network
from bursar.vault.wrapped import GivenKey, GivenKeys, ModulePlace, read_given_key

COUNT_DIGITS_MAX: Final = 9
KEPT_KEY: Final = "master.key"
"""The file in the home of a sandbox with the master key that it made for itself."""
_ANY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to be replaced in links
"""The names of all addresses of a machine, and the one of them that a link can name."""


class Mode(StrEnum):
    """Sandbox and live are separate installs; the sandbox's calls do not exist in a live one."""

    SANDBOX = "sandbox"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class WalletKeys:
    """The secrets that sign on real chains. A process that only reads chains is given none of them."""

    seed_file: Path | None = None
    """The file of the seed from which keys are derived."""
    pkcs11_pin: str | None = field(default=None, repr=False)
    """Opens the module that the file of chains names."""


@dataclass(frozen=True, slots=True)
class ModuleAccess:
    """The hardware module that opens wrapped master keys, and its PIN."""

    place: ModulePlace
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """The API's addresses, and its limits of connections and headers."""

    public_url: str | None = None
    """The address of the API in links and OpenAPI servers; None: its host and port."""
    trusted_proxies: tuple[Network, ...] = ()
    """The networks whose `X-Forwarded-For` counts."""
    metrics_host: str = HOST
    metrics_port: int | None = None
    """The port of metrics and health for the operator; None: none."""
    header_bytes: int = variables.HEADER_BYTES
    header_count: int = variables.HEADER_COUNT
    header_timeout_s: int = variables.HEADER_TIMEOUT_S
    idle_timeout_s: int = variables.IDLE_TIMEOUT_S
    connections: int = variables.CONNECTIONS
    connections_per_address: int = variables.CONNECTIONS_PER_ADDRESS
    operator_port: int | None = None
    """The port of the operator API; None: that of the merchants' APIs."""
    operator_host: str | None = None
    """The address that the operator API's own port is opened at; None: that of the merchants' APIs."""
    operator_url: str | None = None
    """The address under which operators reach theirs; None: that of the merchants' APIs, or host and own port."""
    request_log: bool = False
    """A line of the log for each request."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One install's settings."""

    mode: Mode
    modules: frozenset[Module]
    """The families of endpoints that this install serves."""
    home: Path
    host: str
    port: int
    database_url: str = field(repr=False)
    master_keys: GivenKeys = field(repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    """The SMTP server; None: the sandbox's outbox."""
    smpp_url: str | None = field(default=None, repr=False)
    """The SMPP message centre; None: the sandbox's outbox."""
    sms_gateway_file: Path | None = None
    """The file of a gateway that takes text messages over HTTP; None: the message centre or the sandbox's outbox."""
    otp_per_merchant: int = OTP_PER_MERCHANT
    """One-time passwords that one merchant may send in an hour."""
    otp_per_prefix: int = OTP_PER_PREFIX
    """One-time passwords that one merchant may send in an hour to numbers that begin alike."""
    storage_url: str | None = field(default=None, repr=False)
    """The bucket for files; None: a folder in the home."""
    chains_file: Path | None = None
    """The file of chains; None: the sandbox's own chains."""
    wallet_keys: WalletKeys = WalletKeys()
    bank_file: Path | None = None
    """The file of the bank that pays by files; None: the sandbox's bank pays."""
    database_pool: int = POOL_SIZE
    """Connections to the database of one process at the most."""
    http: HttpSettings = HttpSettings()
    rates: RateSettings | None = None
    """The file of exchange rates; None: the operator's own table alone."""
    database_direct_url: str | None = field(default=None, repr=False)
    """The same database past any pooler; None: `database_url` leads there."""
    database_owner_url: str | None = field(default=None, repr=False)
    """The login that migrates; None: the application's own. Only `migrate` and `restored` are to be given it."""
    key_module: ModuleAccess | None = None
    """Opens master keys that are wrapped; None: they stand in the settings."""

    @property
    def addresses(self) -> Addresses:
        """The ways to the database."""
        return Addresses(self.database_url, self.database_direct_url, self.database_owner_url)

    @property
    def base_url(self) -> str:
        """The API's address in links, without a slash at the end."""
        host = _ANY_ADDRESS.get(self.host, self.host)
        return self.http.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def operator_url(self) -> str:
        """The address of the operator API and of what its links and passkeys lead to, without a slash at the end."""
        if self.http.operator_url is not None:
            return self.http.operator_url
        return replace(self, host=self.operator_host, port=self.http.operator_port or self.port).base_url

    @property
    def operator_host(self) -> str:
        """The address that the port of the operator API is opened at."""
        return self.host if self.http.operator_port is None else self.http.operator_host or self.host

    @property
    def is_sandbox(self) -> bool:
        """True where the sandbox's providers and calls exist."""
        return self.mode is Mode.SANDBOX


def read_settings(given: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment; raises SettingMissing and SettingUnknown."""
    environment = read_environment(given)
    home = read_home(environment)
    database_url = environment.get("DATABASE_URL") or own_database_url(home)
    if database_url is None:
        raise SettingMissing(
            "DATABASE_URL", "must name a PostgreSQL database, unless `bursar up` made one in BURSAR_HOME"
        )
    mode = read_mode(environment)
    return Settings(
        mode,
        _modules(environment),
        home,
        environment.get("BURSAR_HOST", HOST),
        read_port(environment),
        database_url,
        read_master_keys(environment, mode, home),
        environment.get("BURSAR_SMTP_URL") or None,
        environment.get("BURSAR_SMPP_URL") or None,
        _sms_gateway(environment),
        read_count("BURSAR_OTP_PER_MERCHANT", OTP_PER_MERCHANT, environment),
        read_count("BURSAR_OTP_PER_PREFIX", OTP_PER_PREFIX, environment),
        storage_url=environment.get("BURSAR_STORAGE") or None,
        chains_file=read_chains_path(environment),
        wallet_keys=_wallet_keys(environment),
        bank_file=_path(environment.get("BURSAR_BANK")),
        database_pool=_at_least_one("BURSAR_DATABASE_POOL", POOL_SIZE, environment),
        http=_http(environment),
        rates=read_rates(environment, is_live=mode is Mode.LIVE),
        database_direct_url=environment.get("DATABASE_DIRECT_URL") or None,
        database_owner_url=environment.get("DATABASE_OWNER_URL") or None,
        key_module=read_key_module(environment),
    )


@dataclass(frozen=True, slots=True)
class Here:
    """The settings of `bursar up`, which makes the database that the others need."""

    home: Path
    port: int
    """0: any free one."""
    database_url: str | None = field(repr=False)
    """None: the embedded PostgreSQL."""
    metrics_port: int | None
    give_up_after: int


def read_here(given: Mapping[str, str] = os.environ) -> Here:
    """The settings of `bursar up`; raises what `read_settings` does."""
    environment = read_environment(given)
    return Here(
        read_home(environment),
        read_port_of_up(environment),
        environment.get("DATABASE_URL") or None,
        read_metrics_port(environment),
        read_count("BURSAR_GIVE_UP_AFTER", variables.GIVE_UP_AFTER, environment),
    )


def _modules(environment: Mapping[str, str]) -> frozenset[Module]:
    """The modules that are named, all where none is; raises SettingMissing."""
    names = [name.strip() for name in environment.get("BURSAR_MODULES", "").split(",") if name.strip()]
    try:
        return frozenset(map(Module, names or Module))
    except ValueError:
        raise SettingMissing("BURSAR_MODULES", f"must name some of {', '.join(Module)}, with commas between") from None


def _sms_gateway(environment: Mapping[str, str]) -> Path | None:
    path = _path(environment.get("BURSAR_SMS_GATEWAY"))
    if path is not None and environment.get("BURSAR_SMPP_URL"):
        raise SettingMissing("BURSAR_SMS_GATEWAY", "must be left out where BURSAR_SMPP_URL names a message centre")
    return path


def _http(environment: Mapping[str, str]) -> HttpSettings:
    usual = HttpSettings()

    def limit(name: str, default: int) -> int:
        return _at_least_one(name, default, environment)

    return HttpSettings(
        public_url=_public_url("BURSAR_PUBLIC_URL", environment),
        trusted_proxies=_networks(environment.get("BURSAR_TRUSTED_PROXIES", "")),
        metrics_host=environment.get("BURSAR_METRICS_HOST") or usual.metrics_host,
        metrics_port=read_metrics_port(environment),
        request_log=read_switch("BURSAR_REQUEST_LOG", environment),
        operator_port=_own_port("BURSAR_OPERATOR_PORT", environment),
        operator_host=environment.get("BURSAR_OPERATOR_HOST") or None,
        operator_url=_public_url("BURSAR_OPERATOR_URL", environment),
        header_bytes=limit("BURSAR_HEADER_BYTES", usual.header_bytes),
        header_count=limit("BURSAR_HEADER_COUNT", usual.header_count),
        header_timeout_s=limit("BURSAR_HEADER_TIMEOUT_S", usual.header_timeout_s),
        idle_timeout_s=limit("BURSAR_IDLE_TIMEOUT_S", usual.idle_timeout_s),
        connections=limit("BURSAR_CONNECTIONS", usual.connections),
        connections_per_address=limit("BURSAR_CONNECTIONS_PER_ADDRESS", usual.connections_per_address),
    )


def _public_url(name: str, environment: Mapping[str, str]) -> str | None:
    text = environment.get(name, "")
    if not text:
        return None
    parts = urlsplit(text)
    named = parts.hostname and parts.hostname not in _ANY_ADDRESS
    if parts.scheme not in ("http", "https") or not named or parts.query or parts.fragment:
        raise SettingMissing(name, "must be an http or https URL that others can reach")
    return text.rstrip("/")


def _networks(text: str) -> tuple[Network, ...]:
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    try:
        networks = tuple(read_network(entry) for entry in entries)
    except ValueError:
        raise SettingMissing("BURSAR_TRUSTED_PROXIES", "must be addresses or networks, with commas between") from None
    if len(networks) > TRUSTED_PROXIES_MAX:
        raise SettingMissing("BURSAR_TRUSTED_PROXIES", f"must have at most {TRUSTED_PROXIES_MAX} entries")
    return networks


def read_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the files that an install keeps outside its database."""
    return Path(environment.get("BURSAR_HOME", HOME)).resolve()


def read_chains_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file of chains, if one is named."""
    return _path(environment.get("BURSAR_CHAINS"))


def read_wallet_keys(given: Mapping[str, str] = os.environ) -> WalletKeys:
    """The signing secrets of this process; raises what `read_environment` does."""
    return _wallet_keys(read_environment(given))


def _wallet_keys(environment: Mapping[str, str]) -> WalletKeys:
    return WalletKeys(_path(environment.get("BURSAR_WALLET_SEED_FILE")), environment.get("BURSAR_PKCS11_PIN") or None)


def _path(text: str | None) -> Path | None:
    return Path(text).resolve() if text else None


def _port(text: str, name: str = "BURSAR_PORT") -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX and 0 < int(text) < 65_536):
        raise SettingMissing(name, "must be a port number")
    return int(text)


def read_mode(environment: Mapping[str, str] = os.environ) -> Mode:
    """The mode of the install; raises SettingMissing."""
    try:
        return Mode(environment.get("BURSAR_MODE", Mode.SANDBOX))
    except ValueError:
        raise SettingMissing("BURSAR_MODE", "must be sandbox or live") from None


def read_port(environment: Mapping[str, str] = os.environ) -> int:
    """The port of the APIs; raises SettingMissing."""
    return _port(environment.get("BURSAR_PORT") or str(PORT))


def read_port_of_up(environment: Mapping[str, str] = os.environ) -> int:
    """The port that `bursar up` gives to the APIs, 0 for any free one; raises SettingMissing."""
    return 0 if environment.get("BURSAR_PORT") == "0" else read_port(environment)


def read_metrics_port(environment: Mapping[str, str] = os.environ) -> int | None:
    """The port of the first process's metrics, if one is set; raises SettingMissing."""
    return _own_port("BURSAR_METRICS_PORT", environment)


def _own_port(name: str, environment: Mapping[str, str]) -> int | None:
    text = environment.get(name)
    return _port(text, name) if text else None


def read_switch(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """True for `on`; raises SettingMissing for any other word than `on` and `off`."""
    word = environment.get(name) or "off"
    if word not in ("on", "off"):
        raise SettingMissing(name, "must be on or off")
    return word == "on"


def _at_least_one(name: str, usual: int, environment: Mapping[str, str]) -> int:
    number = read_count(name, usual, environment)
    if not number:
        raise SettingMissing(name, "must be a whole number from 1")
    return number


def read_count(name: str, usual: int, environment: Mapping[str, str] = os.environ) -> int:
    """A whole number from 0 with COUNT_DIGITS_MAX digits at the most; raises SettingMissing."""
    text = environment.get(name, "") or str(usual)
    if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX):
        raise SettingMissing(name, "must be a whole number from 0")
    return int(text)


def read_master_keys(environment: Mapping[str, str], mode: Mode, home: Path) -> GivenKeys:
    """The present master key, and the one before while the install moves from it, in Base64 or wrapped."""
    previous = environment.get("BURSAR_MASTER_KEY_PREVIOUS", "")
    keys = GivenKeys(_master_key(environment, mode, home), read_given_key(previous) if previous else None)
    if keys.is_wrapped and not environment.get("BURSAR_MASTER_KEY_MODULE"):
        raise SettingMissing("BURSAR_MASTER_KEY_MODULE", "must name the hardware module that opens the wrapped key")
    return keys


def read_key_module(environment: Mapping[str, str]) -> ModuleAccess | None:
    """The module that opens wrapped master keys, if one is named; raises SettingMissing or KeyModuleMalformed."""
    uri, pin = environment.get("BURSAR_MASTER_KEY_MODULE"), environment.get("BURSAR_MASTER_KEY_PIN")
    if not uri:
        return None
    if not pin:
        raise SettingMissing("BURSAR_MASTER_KEY_PIN", "must hold the PIN of the module of BURSAR_MASTER_KEY_MODULE")
    return ModuleAccess(ModulePlace.read(uri), pin)


def _master_key(environment: Mapping[str, str], mode: Mode, home: Path) -> GivenKey:
    """The key from the environment; a sandbox may keep it in a file of its own instead."""
    text = environment.get("BURSAR_MASTER_KEY", "")
    if not text and mode is Mode.SANDBOX:
        text = _kept_key(home / KEPT_KEY)
    if not text:
        raise SettingMissing("BURSAR_MASTER_KEY", "must hold 32 bytes in base64, or a wrapped key")
    return read_given_key(text)


def _kept_key(path: Path) -> str:
    make_home(path.parent)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text("ascii")
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(os.urandom(32)).decode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_text("ascii")
