"""Every environment variable that Bursar reads: its unit, its default and its meaning, for people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bursar.db.database import POOL_SIZE
from bursar.install.modules import Module

PORT: Final = 8080
HOST: Final = "127.0.0.1"
HOME: Final = "var"
OTP_PER_MERCHANT: Final = 10_000
OTP_PER_PREFIX: Final = 1_000
GIVE_UP_AFTER: Final = 5
TRUSTED_PROXIES_MAX: Final = 256
HEADER_BYTES: Final = 32 * 1024
HEADER_COUNT: Final = 100
HEADER_TIMEOUT_S: Final = 10
RATES_EVERY_S: Final = 3_600
RATES_AGE_S: Final = 86_400
RATES_JUMP_PERCENT: Final = 10
IDLE_TIMEOUT_S: Final = 60
CONNECTIONS: Final = 2_000
CONNECTIONS_PER_ADDRESS: Final = 500
FILE_SUFFIX: Final = "_FILE"
"""Behind the name of a secret setting: the variable with the path of the file that holds it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, unit, default and meaning.

    A secret one may also be put into a file, whose path is then in the variable with `_FILE` behind its name.
    """

    name: str
    unit: str
    default: str
    """As one would write it; empty: unset, and the meaning says the consequence."""
    meaning: str
    secret: bool = False

    @property
    def file_name(self) -> str:
        """The variable that names the file of a secret."""
        return self.name + FILE_SUFFIX


SETTINGS: Final[Mapping[str, tuple[Setting, ...]]] = {
    "The install": (
        Setting(
            "BURSAR_MODE",
            "`sandbox` or `live`",
            "sandbox",
            "A sandbox plays the world outside and has calls that move time and decide; a live install has none of "
            "that, needs an adapter for each port of its modules, and keeps its mode for ever.",
        ),
        Setting(
            "BURSAR_MODULES",
            "modules, with commas",
            ",".join(Module),
            "The families of endpoints that are served; those of others answer as unknown paths. In a live install "
            "`bursar doctor` tells which of them have all their adapters; `card` has none yet to a card network.",
        ),
        Setting(
            "BURSAR_HOME",
            "folder",
            HOME,
            "Everything an install keeps outside its database: the embedded PostgreSQL, logs, uploaded files, "
            "the epoch and a sandbox's master key.",
        ),
        Setting(
            "BURSAR_MASTER_KEY",
            "32 bytes in Base64, or `wrapped:LABEL:BASE64`",
            "",
            "The key that wraps the data keys, which seal all secrets at rest; itself wrapped by a hardware module, as "
            "`bursar key wrap` prints it, or not. Unset, a sandbox makes one in `master.key` in its home; a live "
            "install needs it.",
            secret=True,
        ),
        Setting(
            "BURSAR_MASTER_KEY_PREVIOUS",
            "the same",
            "",
            "The master key before, while the install moves to `BURSAR_MASTER_KEY`: see `docs/operations/keys.md`.",
            secret=True,
        ),
        Setting(
            "BURSAR_MASTER_KEY_MODULE",
            "PKCS#11 URI",
            "",
            "The token of the hardware module that opens wrapped master keys: "
            "`pkcs11:token=LABEL?module-path=PATH`, with the path of the vendor's library.",
        ),
        Setting(
            "BURSAR_MASTER_KEY_PIN",
            "text",
            "",
            "The PIN of that token. All processes need it.",
            secret=True,
        ),
        Setting(
            "BURSAR_TOKEN",
            "text",
            "",
            "The token as whose person `bursar staff`, `token`, `approval` and `audit` act. Unset: as `owner@console`.",
            secret=True,
        ),
        Setting(
            "BURSAR_GIVE_UP_AFTER",
            "ends in a minute",
            str(GIVE_UP_AFTER),
            "The ends of one process within a minute after which `bursar up` stops all of them; 0: never.",
        ),
    ),
    "The database": (
        Setting(
            "DATABASE_URL",
            "PostgreSQL URL",
            "",
            "The application's login, also through a pooler. Unset, `bursar up` runs a PostgreSQL of its own in"
            " the home.",
            secret=True,
        ),
        Setting(
            "DATABASE_DIRECT_URL",
            "PostgreSQL URL",
            "",
            "The same login past any pooler, for signs of presence and notices. Unset: `DATABASE_URL`. Needed "
            "behind a pooler in transaction mode.",
            secret=True,
        ),
        Setting(
            "DATABASE_OWNER_URL",
            "PostgreSQL URL",
            "",
            "The login that owns the tables, for `bursar migrate` and `bursar restored` alone. Unset: "
            "`DATABASE_DIRECT_URL`.",
            secret=True,
        ),
        Setting(
            "BURSAR_DATABASE_POOL",
            "connections",
            str(POOL_SIZE),
            "The most connections of one process to the database, besides one for its sign of presence and notices.",
        ),
    ),
    "The API": (
        Setting("BURSAR_HOST", "address", HOST, "The address on which the API listens."),
        Setting(
            "BURSAR_PORT",
            "port",
            str(PORT),
            "The port of the API. For `bursar up` 0 is any free one, which `sandbox.json` names.",
        ),
        Setting(
            "BURSAR_PUBLIC_URL",
            "http or https URL",
            "",
            "The API's address for merchants, in links, OpenAPI documents and `sandbox.json`; passkeys of their users "
            "are bound to it. Unset: its host and port.",
        ),
        Setting(
            "BURSAR_TRUSTED_PROXIES",
            "addresses and networks, with commas",
            "",
            f"The reverse proxies whose `X-Forwarded-For` counts, {TRUSTED_PROXIES_MAX} at the most. Unset: nobody's.",
        ),
        Setting(
            "BURSAR_HEADER_BYTES",
            "bytes",
            str(HEADER_BYTES),
            "The most bytes of a request's target and header fields; beyond it 431.",
        ),
        Setting(
            "BURSAR_HEADER_COUNT",
            "header fields",
            str(HEADER_COUNT),
            "The most header fields of a request; beyond it 431.",
        ),
        Setting(
            "BURSAR_HEADER_TIMEOUT_S",
            "seconds",
            str(HEADER_TIMEOUT_S),
            "The longest time from a request's first byte to the end of its header; beyond it 408.",
        ),
        Setting(
            "BURSAR_IDLE_TIMEOUT_S",
            "seconds",
            str(IDLE_TIMEOUT_S),
            "The time after which a connection without a request is closed.",
        ),
        Setting(
            "BURSAR_CONNECTIONS",
            "connections",
            str(CONNECTIONS),
            "The most open connections of one process; beyond it the one idle longest is closed, or else the "
            "new one answered with 503.",
        ),
        Setting(
            "BURSAR_CONNECTIONS_PER_ADDRESS",
            "connections",
            str(CONNECTIONS_PER_ADDRESS),
            "The most open connections of one address (IPv6: of its /64); beyond it 503.",
        ),
    ),
    "Operators": (
        Setting(
            "BURSAR_OPERATOR_PORT",
            "port",
            "",
            "The port of the operator API and its documentation, which then are not on `BURSAR_PORT`. Unset: the port "
            "of the merchants' APIs.",
        ),
        Setting(
            "BURSAR_OPERATOR_HOST",
            "address",
            "",
            "The address that `BURSAR_OPERATOR_PORT` is opened at, such as that of an inner network. Unset: "
            "`BURSAR_HOST`.",
        ),
        Setting(
            "BURSAR_OPERATOR_URL",
            "URL",
            "",
            "The address under which the staff reach the operator API: their passkeys are bound to it and their "
            "one-time links lead there. Unset: `BURSAR_PUBLIC_URL`, or host and port.",
        ),
    ),
    "Metrics and health": (
        Setting(
            "BURSAR_METRICS_HOST",
            "address",
            HOST,
            "The address on which metrics and health are served to the operator.",
        ),
        Setting(
            "BURSAR_METRICS_PORT",
            "port",
            "",
            "The port of one process's metrics and health; `bursar up` gives it to the API and the next one to "
            "the worker. Unset: `bursar up` takes free ports and prints them, and a process on its own has none.",
        ),
        Setting(
            "BURSAR_REQUEST_LOG",
            "`on` or `off`",
            "off",
            "A line of the log for each request: its id, route, merchant, code, duration and sizes.",
        ),
        Setting(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http or https URL",
            "",
            "The OpenTelemetry collector that takes traces by OTLP over HTTP. OpenTelemetry's other variables have "
            "their meaning too (`OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER` and so on). Unset: no traces.",
        ),
    ),
    "Messages": (
        Setting(
            "BURSAR_SMTP_URL",
            "`smtp://` URL",
            "",
            "The server that takes mail, with the sender: `smtp://user:password@host?from=cards@example.com`. "
            "Unset: the sandbox's outbox.",
            secret=True,
        ),
        Setting(
            "BURSAR_SMPP_URL",
            "`smpp://` URL",
            "",
            "The message centre that takes text messages, with the sender: "
            "`smpp://id:password@host:2775?from=Sender`. Unset: the sandbox's outbox.",
            secret=True,
        ),
        Setting(
            "BURSAR_SMS_GATEWAY",
            "TOML file",
            "",
            "A gateway that takes text messages over HTTP, like [sms.toml](../../examples/sms.toml); instead of "
            "`BURSAR_SMPP_URL`.",
        ),
        Setting(
            "BURSAR_OTP_PER_MERCHANT",
            "messages an hour",
            str(OTP_PER_MERCHANT),
            "The most one-time passwords of one merchant in an hour of the clock. Codes that bind a customer's "
            "contact have the same limit and a count of their own.",
        ),
        Setting(
            "BURSAR_OTP_PER_PREFIX",
            "messages an hour",
            str(OTP_PER_PREFIX),
            "The same, to numbers with the same first eight characters (`+9665012`).",
        ),
    ),
    "Files": (
        Setting(
            "BURSAR_SCREENING",
            "folder",
            "",
            "The lists of sanctioned people and addresses that `bursar screening load` reads. Unset: the command names "
            "the folder; without a list names are not screened.",
        ),
        Setting(
            "BURSAR_STORAGE",
            "`s3://` URL",
            "",
            "The bucket that uploaded files and statements are kept in, sealed: "
            "`s3://key:secret@bucket/prefix?endpoint=https://host&region=name`, without an endpoint of AWS. "
            "Unset: a folder in the home, which all processes must share.",
            secret=True,
        ),
    ),
    "Exchange rates": (
        Setting(
            "BURSAR_RATES_URL",
            "https URL",
            "",
            "A file of exchange rates in JSON or CSV, which a worker fetches; `docs/operations/rates.md` has its form. "
            "Redirects are not followed. Unset: rates are set by people alone.",
            secret=True,
        ),
        Setting(
            "BURSAR_RATES_PAIRS",
            "pairs, with commas",
            "",
            "The pairs that are taken from the file, as `USD/SAR,USD/AED`. It is needed with `BURSAR_RATES_URL`.",
        ),
        Setting(
            "BURSAR_RATES_EVERY_S",
            "seconds",
            str(RATES_EVERY_S),
            "The time between two tries to fetch the file.",
        ),
        Setting(
            "BURSAR_RATES_AGE_S",
            "seconds",
            str(RATES_AGE_S),
            "The greatest age of a rate of the file: beyond it nothing is converted by that rate.",
        ),
        Setting(
            "BURSAR_RATES_JUMP_PERCENT",
            "percent",
            str(RATES_JUMP_PERCENT),
            "A rate of the file that moves by more within a day waits for a person, among the decisions.",
        ),
    ),
    "Payouts": (
        Setting(
            "BURSAR_BANK",
            "TOML file",
            "",
            "The bank that is paid by ISO 20022 files, like [bank.toml](../../examples/bank.toml). Unset: the "
            "sandbox's bank.",
        ),
    ),
    "The wallet": (
        Setting(
            "BURSAR_CHAINS",
            "TOML file",
            "",
            "The chains with their nodes, tokens, fees and limits, like "
            "[chains.toml](../../examples/chains.toml). Unset: the sandbox's two chains.",
        ),
        Setting(
            "BURSAR_WALLET_SEED_FILE",
            "file",
            "",
            "The seed from which the worker derives its keys, made by `bursar wallet keys --new`. `bursar up` "
            "keeps it from the API. Unset, payments on the chains of `BURSAR_CHAINS` wait for it.",
        ),
        Setting(
            "BURSAR_PKCS11_PIN",
            "text",
            "",
            "The PIN of the hardware module that the file of chains names. `bursar up` keeps it from the API.",
            secret=True,
        ),
    ),
}
"""All environment variables that Bursar reads, by subject."""


def listed() -> Iterator[Setting]:
    """Each of them, in the order of the table."""
    for settings in SETTINGS.values():
        yield from settings
