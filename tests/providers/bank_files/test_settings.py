"""The bank's settings are checked whole before anything starts, and what is wrong is named."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bursar.cli.app import app
from bursar.install.errors import SettingMissing
from bursar.install.settings import read_settings
from bursar.providers.bank_files import read_bank_settings
from bursar.providers.bank_files.folder import FolderMailbox
from bursar.providers.bank_files.settings import BankSettingWrong, FolderSettings
from tests.providers.bank_files.rail import SETTINGS, RailTreasury, booked, camt054

FOLDER = '\n[folder]\npath = "bank"\n'
ADDRESS = '[debtor.address]\ntown = "Riyadh"\ncountry = "SA"\n'
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHVtk0nFtB4aBqHjaGs9vXjZ5a7pIYiEh1BhmHkzXcDu"
SFTP = f'\n[sftp]\nhost = "127.0.0.1"\nuser = "bursar"\nhost_key = "{KEY}"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "bank.toml"
    path.write_text(text)
    return path


def test_a_whole_file_is_read_and_its_paths_are_its_own(tmp_path: Path) -> None:
    settings = read_bank_settings(written(tmp_path, SETTINGS + FOLDER))
    assert settings.folder is not None
    assert settings.folder.path == tmp_path / "bank"
    account = settings.account("SAR")
    assert account is not None
    assert [str(at) for at in account.cut_offs] == ["11:00:00", "15:30:00"]
    assert settings.account("AED") is None
    by_sftp = read_bank_settings(written(tmp_path, SETTINGS + SFTP + 'key_file = "key"\n'))
    assert by_sftp.sftp is not None
    assert (by_sftp.sftp.key_file, by_sftp.sftp.port) == (tmp_path / "key", 22)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("no toml", "bank.toml"),
        ("", "debtor"),
        (SETTINGS, "folder"),
        (SETTINGS + FOLDER + SFTP + 'key_file = "key"\n', "folder"),
        (SETTINGS + SFTP, "sftp"),
        (SETTINGS + SFTP.replace(KEY, "ssh-ed25519 AAAA") + 'key_file = "key"\n', "sftp"),
        (SETTINGS + FOLDER + 'speed = "high"\n', "folder.speed"),
        (SETTINGS + FOLDER + 'out = "../out"\n', "folder.out"),
        (SETTINGS + FOLDER + 'out = "in"\n', "folder"),
        (SETTINGS.replace("SA44", "SA45") + FOLDER, "accounts.SAR.iban"),
        (SETTINGS.replace("RIBLSARI", "RIBL") + FOLDER, "accounts.SAR.bic"),
        (SETTINGS.replace("11:00", "25:00") + FOLDER, "accounts.SAR.cut_offs.0"),
        (SETTINGS.replace("accounts.KWD", "accounts.EUR") + FOLDER, "accounts.EUR"),
        (SETTINGS.replace("Trading Co.", "Trading & Co") + FOLDER, "debtor.name"),
        (SETTINGS.replace("Bursar Trading", ":Bursar Trading") + FOLDER, "debtor.name"),
        (SETTINGS + FOLDER + ADDRESS.replace("SA", "XX"), "debtor.address.country"),
        (SETTINGS + FOLDER + ADDRESS.replace("Riyadh", "-Riyadh"), "debtor.address.town"),
        (SETTINGS + FOLDER + '[debtor.address]\nlines = ["King Fahd Road, Riyadh"]\n', "debtor.address.town"),
        ('message_prefix = "-B"\n' + SETTINGS + FOLDER, "message_prefix"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(BankSettingWrong) as refusal:
        read_bank_settings(written(tmp_path, text))
    assert name in str(refusal.value)


def test_the_example_is_a_good_one() -> None:
    settings = read_bank_settings(Path(__file__).parents[3] / "examples" / "bank.toml")
    assert settings.debtor.name == "Bursar Trading Co."


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BankSettingWrong, match="cannot be read"):
        read_bank_settings(tmp_path / "none.toml")


def test_without_the_setting_the_sandbox_pays(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "postgresql://127.0.0.1/x", "BURSAR_HOME": str(tmp_path)}
    assert read_settings(environment).bank_file is None
    assert read_settings({**environment, "BURSAR_BANK": "bank.toml"}).bank_file == Path("bank.toml").resolve()


async def test_the_command_lists_what_was_not_matched(
    rail: RailTreasury, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rail.put("a.xml", camt054(booked("P[1]", "7.00")))
    await rail.collect()
    environment = {"DATABASE_URL": dsn, "BURSAR_HOME": str(tmp_path / "home")}
    path = written(tmp_path, SETTINGS + FOLDER)
    listed = await command(["bank", "unmatched"], {**environment, "BURSAR_BANK": str(path)})
    assert "a.xml#0 debit: P[1] 7.00 SAR DBIT BOOK" in listed.output
    assert "no payment has this reference" in listed.output
    assert "1 unmatched" in listed.output
    refused = await command(["bank", "unmatched"], environment)
    assert isinstance(refused.exception, SettingMissing)


async def command(arguments: list[str], environment: dict[str, str]) -> Any:
    """In a thread: the command has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, app, arguments, env={"BURSAR_BANK": None, **environment})


async def test_the_folder_that_the_bank_writes_to_is_made_when_it_is_looked_at(tmp_path: Path) -> None:
    """Whoever carries the bank's files finds where to put them before the first one."""
    settings = FolderSettings(path=tmp_path / "bank")
    async with FolderMailbox(settings).connected() as box:
        assert await box.look() == []
    assert [each.name for each in (tmp_path / "bank").iterdir()] == [settings.inbound]
