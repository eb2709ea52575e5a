"""An operator's settings: how they are read, and which are refused in a sentence."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import bursar
from bursar.install.environment import NOT_OF_AN_INSTALL, Source, read_environment, read_values
from bursar.install.errors import SettingMissing, SettingUnknown
from bursar.install.rates import read_rates
from bursar.install.settings import HttpSettings, Settings, read_here, read_settings
from bursar.install.variables import Setting, listed
from bursar.kernel.ip_networks import read_network

LISTED = {setting.name: setting for setting in listed()}
SETTING_NAME = re.compile(r"BURSAR_[A-Z0-9_]+|DATABASE_([A-Z]+_)?URL|OTEL_EXPORTER_OTLP_ENDPOINT")


def settings(tmp_path: Path, **given: str) -> Settings:
    return read_settings({"DATABASE_URL": "postgresql://x", "BURSAR_HOME": str(tmp_path), **given})


def test_all_settings_of_http_have_defaults(tmp_path: Path) -> None:
    read = settings(tmp_path)
    assert (read.http, read.database_pool) == (HttpSettings(), 12)
    assert settings(tmp_path, BURSAR_METRICS_PORT="", BURSAR_TRUSTED_PROXIES="", BURSAR_PUBLIC_URL="") == read


def test_settings_of_http_are_read(tmp_path: Path) -> None:
    read = settings(
        tmp_path,
        BURSAR_PUBLIC_URL="https://pay.example.com/bursar/",
        BURSAR_TRUSTED_PROXIES="10.0.0.0/8, 2001:db8::1",
        BURSAR_METRICS_HOST="10.1.2.3",
        BURSAR_METRICS_PORT="9100",
        BURSAR_HEADER_BYTES="16384",
        BURSAR_HEADER_COUNT="50",
        BURSAR_HEADER_TIMEOUT_S="5",
        BURSAR_IDLE_TIMEOUT_S="30",
        BURSAR_CONNECTIONS="10",
        BURSAR_CONNECTIONS_PER_ADDRESS="3",
        BURSAR_DATABASE_POOL="4",
        BURSAR_OPERATOR_HOST="10.1.2.4",
        BURSAR_OPERATOR_PORT="9000",
        BURSAR_OPERATOR_URL="https://desk.example.com/",
        BURSAR_REQUEST_LOG="on",
    )
    networks = (read_network("10.0.0.0/8"), read_network("2001:db8::1"))
    assert read.http == HttpSettings(
        "https://pay.example.com/bursar",
        networks,
        "10.1.2.3",
        9100,
        16_384,
        50,
        5,
        30,
        10,
        3,
        9000,
        "10.1.2.4",
        "https://desk.example.com",
        request_log=True,
    )
    assert (read.base_url, read.database_pool) == ("https://pay.example.com/bursar", 4)


def test_operators_are_led_to_the_address_of_their_own_port(tmp_path: Path) -> None:
    assert settings(tmp_path).operator_url == "http://127.0.0.1:8080"
    assert settings(tmp_path, BURSAR_OPERATOR_HOST="10.1.2.4").operator_url == "http://127.0.0.1:8080"
    own = settings(tmp_path, BURSAR_OPERATOR_HOST="10.1.2.4", BURSAR_OPERATOR_PORT="9000")
    assert (own.operator_host, own.operator_url) == ("10.1.2.4", "http://10.1.2.4:9000")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("::1", "http://[::1]:8080"),
        ("pay.example.com", "http://pay.example.com:8080"),
    ],
)
def test_links_name_an_address_that_can_be_called(tmp_path: Path, host: str, url: str) -> None:
    assert settings(tmp_path, BURSAR_HOST=host).base_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BURSAR_PUBLIC_URL", "pay.example.com"),
        ("BURSAR_REQUEST_LOG", "yes"),
        ("BURSAR_PUBLIC_URL", "ftp://pay.example.com"),
        ("BURSAR_PUBLIC_URL", "https://"),
        ("BURSAR_PUBLIC_URL", "http://0.0.0.0:8080"),
        ("BURSAR_PUBLIC_URL", "https://pay.example.com?a=b"),
        ("BURSAR_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("BURSAR_TRUSTED_PROXIES", "nginx"),
        ("BURSAR_TRUSTED_PROXIES", ",".join(["10.0.0.1"] * 257)),
        ("BURSAR_METRICS_PORT", "0"),
        ("BURSAR_OPERATOR_PORT", "none"),
        ("BURSAR_OPERATOR_URL", "desk.example.com"),
        ("BURSAR_METRICS_PORT", "65536"),
        ("BURSAR_CONNECTIONS", "0"),
        ("BURSAR_HEADER_BYTES", "-1"),
        ("BURSAR_DATABASE_POOL", "0"),
        ("BURSAR_DATABASE_POOL", "many"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingMissing, match=name):
        settings(tmp_path, **{name: value})


class Asked(Mapping[str, str]):
    """An environment that remembers the names it was asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.names: set[str] = set()
        self._given = given

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def names_in(source: str) -> set[str]:
    """The settings that a program names as a whole text, as it must to read one."""
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and SETTING_NAME.fullmatch(text)}


def test_every_setting_that_is_listed_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Asked] = []

    def watched(given: Mapping[str, str]) -> Asked:
        asked.append(Asked(read_environment(given)))
        return asked[-1]

    monkeypatch.setattr("bursar.install.settings.read_environment", watched)
    settings(tmp_path)
    only_commands_read = {"BURSAR_GIVE_UP_AFTER", "BURSAR_TOKEN", "BURSAR_SCREENING", "OTEL_EXPORTER_OTLP_ENDPOINT"}
    assert set().union(*(environment.names for environment in asked)) | only_commands_read == set(LISTED)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("smtp://user:hidden@mail?from=a@example.com\n", "utf-8")
    read = settings(tmp_path, BURSAR_SMTP_URL_FILE=str(tmp_path / "smtp"))
    assert read.smtp_url == "smtp://user:hidden@mail?from=a@example.com"
    shown = {
        value.setting.name: (value.shown, value.source)
        for value in read_values({"BURSAR_SMTP_URL_FILE": str(tmp_path / "smtp"), "BURSAR_PORT": "81"})
    }
    assert shown["BURSAR_SMTP_URL"] == ("(secret)", Source.FILE)
    assert (shown["BURSAR_PORT"], shown["BURSAR_HOST"]) == (
        ("81", Source.ENVIRONMENT),
        ("127.0.0.1", Source.DEFAULT),
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff", b"a" * 16_385])
def test_a_secrets_file_that_is_none_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SettingMissing, match="BURSAR_SMTP_URL_FILE"):
        settings(tmp_path, BURSAR_SMTP_URL_FILE=str(tmp_path / "key"))


def test_the_secrets_are_these() -> None:
    databases = {"DATABASE_URL", "DATABASE_DIRECT_URL", "DATABASE_OWNER_URL"}
    others = {
        "MASTER_KEY",
        "MASTER_KEY_PREVIOUS",
        "TOKEN",
        "SMTP_URL",
        "SMPP_URL",
        "STORAGE",
        "RATES_URL",
        "PKCS11_PIN",
        "MASTER_KEY_PIN",
    }
    secrets = {setting.name for setting in LISTED.values() if setting.secret}
    assert secrets == databases | {f"BURSAR_{name}" for name in others}


def test_a_secret_is_given_once_and_its_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("smtp://mail?from=a@example.com", "utf-8")
    for given in (
        {"BURSAR_SMTP_URL_FILE": str(tmp_path / "key"), "BURSAR_SMTP_URL": "smtp://other?from=a@example.com"},
        {"BURSAR_SMTP_URL_FILE": str(tmp_path / "nothing")},
        {"BURSAR_SMTP_URL_FILE": str(tmp_path)},
    ):
        with pytest.raises(SettingMissing, match="BURSAR_SMTP_URL_FILE"):
            settings(tmp_path, **given)


def test_a_name_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingUnknown, match="BURSAR_MASTERKEY, BURSAR_PORT_FILE"):
        settings(tmp_path, BURSAR_PORT_FILE="80", BURSAR_MASTERKEY="x", BURSAR_TEST_X="1", OTHER_NAME="1")


def test_no_module_names_a_setting_that_is_not_listed() -> None:
    root = Path(bursar.__file__).parent
    named = {name for path in root.rglob("*.py") for name in names_in(path.read_text("utf-8"))}
    files = {setting.file_name for setting in LISTED.values() if setting.secret}
    assert {name for name in named - files if not name.startswith(NOT_OF_AN_INSTALL)} == set(LISTED)


def test_each_listed_setting_has_a_unit_and_a_sentence_that_fit_a_table() -> None:
    def fits(setting: Setting) -> bool:
        is_told = re.fullmatch(r"[A-Z].+\.", setting.meaning) is not None and setting.unit != ""
        return is_told and not re.search(r"[|\n]", setting.unit + setting.default + setting.meaning)

    assert [setting.name for setting in LISTED.values() if not fits(setting)] == []


def test_the_listed_defaults_are_those_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the home is a folder beside whoever starts it
    needed = {"DATABASE_URL": "postgresql://x"}
    defaults = {name: setting.default for name, setting in LISTED.items() if name not in needed}
    assert read_settings(needed | defaults | {"BURSAR_MASTER_KEY": ""}) == read_settings(needed)


RATES = {"BURSAR_RATES_URL": "https://rates.example/daily.csv", "BURSAR_RATES_PAIRS": "USD/SAR, USD/AED"}


def test_a_file_of_rates_has_its_pairs_and_limits(tmp_path: Path) -> None:
    found = settings(tmp_path, **RATES, BURSAR_RATES_AGE_S="7200").rates
    assert found is not None
    assert found.pairs == (("USD", "SAR"), ("USD", "AED"))
    assert (found.every_s, found.age_max_s, found.jump_percent) == (3_600, 7_200, 10)
    assert settings(tmp_path, BURSAR_RATES_PAIRS="USD/SAR").rates is None
    assert "rates.example" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BURSAR_RATES_URL", "file:///etc/passwd"),
        ("BURSAR_RATES_URL", "https://"),
        ("BURSAR_RATES_URL", "https://a:b:c/"),
        ("BURSAR_RATES_URL", "http://[1"),
        ("BURSAR_RATES_PAIRS", ""),
        ("BURSAR_RATES_PAIRS", "USD"),
        ("BURSAR_RATES_PAIRS", "USD/USD"),
        ("BURSAR_RATES_PAIRS", "USD/XXX"),
        ("BURSAR_RATES_PAIRS", "USD/SAR,USD/SAR"),
        ("BURSAR_RATES_EVERY_S", "59"),
        ("BURSAR_RATES_AGE_S", "-1"),
        ("BURSAR_RATES_JUMP_PERCENT", "101"),
        ("BURSAR_RATES_JUMP_PERCENT", "1e1"),
    ],
)
def test_a_file_of_rates_that_cannot_be_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingMissing, match=name):
        settings(tmp_path, **{**RATES, name: value})


def test_a_live_install_takes_rates_by_https_alone() -> None:
    plain = {**RATES, "BURSAR_RATES_URL": "http://rates.example/"}
    with pytest.raises(SettingMissing, match="https"):
        read_rates(plain, is_live=True)
    assert read_rates(plain, is_live=False) is not None
    assert read_rates({**RATES, "BURSAR_RATES_URL": "http://127.0.0.1:81/"}, is_live=True) is not None


def test_any_free_port_is_for_up_alone(tmp_path: Path) -> None:
    assert read_here({"BURSAR_HOME": str(tmp_path), "BURSAR_PORT": "0"}).port == 0
    with pytest.raises(SettingMissing, match="BURSAR_PORT"):
        settings(tmp_path, BURSAR_PORT="0")
