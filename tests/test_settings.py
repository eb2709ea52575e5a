"""An operator's settings: how they are read, and which are refused in a sentence."""

from pathlib import Path

import pytest

from bursar.kernel.networks import read_network
from bursar.settings import HttpSettings, SettingMissing, Settings, read_settings


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
    )
    networks = (read_network("10.0.0.0/8"), read_network("2001:db8::1"))
    assert read.http == HttpSettings(
        "https://pay.example.com/bursar", networks, "10.1.2.3", 9100, 16_384, 50, 5, 30, 10, 3
    )
    assert (read.base_url, read.database_pool) == ("https://pay.example.com/bursar", 4)


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
        ("BURSAR_PUBLIC_URL", "ftp://pay.example.com"),
        ("BURSAR_PUBLIC_URL", "https://"),
        ("BURSAR_PUBLIC_URL", "http://0.0.0.0:8080"),
        ("BURSAR_PUBLIC_URL", "https://pay.example.com?a=b"),
        ("BURSAR_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("BURSAR_TRUSTED_PROXIES", "nginx"),
        ("BURSAR_TRUSTED_PROXIES", ",".join(["10.0.0.1"] * 257)),
        ("BURSAR_METRICS_PORT", "0"),
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
