"""The operator's settings of the bank: a TOML file, read once and checked whole.

A file with a field too many, too few or wrong stops the start with a sentence that names its place in the file's tree.
Secrets are not in it but in files that it names, relative to its own folder.
"""

import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import pycountry
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from bursar.kernel.errors import Refused
from bursar.kernel.extras import optional
from bursar.providers.bank_files.charset import swift_text
from bursar.providers.bank_files.postal import LINE_CHARS_MAX, LINES_MAX, TOWN_CHARS_MAX

FILE_BYTES_MAX: Final = 65_536
CUT_OFFS_MAX: Final = 24
"""Of one currency in one day."""
BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CUT_OFF: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_PATHS: Final = {"folder": ("path",), "sftp": ("key_file", "passphrase_file", "password_file")}

Folder = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", max_length=128)
]
"""A folder below the way's own path."""


class BankSettingWrong(Refused):
    """A setting of the bank is missing or has no sense."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"BURSAR_BANK: {self.name}: {self.reason}."


def _iban(text: str) -> str:
    try:
        return str(IBAN(text))
    except SchwiftyException:
        raise ValueError("is no IBAN") from None


def _bic(text: str) -> str:
    if not BIC.fullmatch(text):
        raise ValueError("is no BIC")
    return text


def _swift(text: str) -> str:
    if swift_text(text, len(text)) != text:
        raise ValueError("has characters that banks do not let pass")
    return text


def _time(value: Any) -> Any:
    if not (isinstance(value, str) and _CUT_OFF.fullmatch(value)):
        raise ValueError("must be a time like 14:30")
    return time.fromisoformat(value)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _country(text: str) -> str:
    if pycountry.countries.get(alpha_2=text) is None:
        raise ValueError("is no country")
    return text


Line = Annotated[str, Field(min_length=1, max_length=LINE_CHARS_MAX), AfterValidator(_swift)]


class DebtorAddress(_Section):
    """The payer's address, with town and country apart: banks refuse an address of lines alone."""

    town: Annotated[str, Field(min_length=1, max_length=TOWN_CHARS_MAX), AfterValidator(_swift)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
    post_code: Annotated[str, Field(min_length=1, max_length=16), AfterValidator(_swift)] | None = None
    lines: Annotated[tuple[Line, ...], Field(max_length=LINES_MAX)] = ()


class Debtor(_Section):
    """The payer: its name, its address, and its number at the bank."""

    name: Annotated[str, Field(min_length=1, max_length=70), AfterValidator(_swift)]
    id: Annotated[str, Field(min_length=1, max_length=35), AfterValidator(_swift)] | None = None
    address: DebtorAddress | None = None


class BankAccount(_Section):
    """The account that pays the payouts of one currency, and the cut-offs of its files."""

    iban: Annotated[str, AfterValidator(_iban)]
    bic: Annotated[str, AfterValidator(_bic)]
    cut_offs: Annotated[
        tuple[Annotated[time, BeforeValidator(_time)], ...], Field(min_length=1, max_length=CUT_OFFS_MAX)
    ]


class _Post(_Section):
    """The folders at the bank's side, and how often is looked into them."""

    out: Folder = "out"
    inbound: Annotated[Folder, Field(alias="in")] = "in"
    done: Folder = "done"
    error: Folder = "error"
    poll_s: Annotated[int, Field(ge=1, le=3_600)] = 60

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if len({self.out, self.inbound, self.done, self.error}) < 4:
            raise ValueError("out, in, done and error must be four folders")
        return self


class FolderSettings(_Post):
    """A folder that somebody else connects to the bank."""

    path: Path


class SftpSettings(_Post):
    """The bank's SFTP server. Its key is pinned: a server with another one is not talked to."""

    host: Annotated[str, Field(min_length=1, max_length=255)]
    port: Annotated[int, Field(gt=0, lt=65_536)] = 22
    user: Annotated[str, Field(min_length=1, max_length=64)]
    path: Annotated[str, Field(min_length=1, max_length=255)] = "."
    host_key: Annotated[str, Field(max_length=4_096)]
    key_file: Path | None = None
    passphrase_file: Path | None = None
    password_file: Path | None = None
    timeout_s: Annotated[int, Field(ge=1, le=20)] = 10

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.key_file is None) == (self.password_file is None):
            raise ValueError("needs a key_file or a password_file, and not both")
        with optional("sftp"):
            import asyncssh

        try:
            asyncssh.import_public_key(self.host_key)
        except asyncssh.KeyImportError:
            raise ValueError("host_key is no public key of OpenSSH") from None
        return self


class BankSettings(_Section):
    """Everything about the bank."""

    debtor: Debtor
    accounts: Annotated[dict[Literal["SAR", "AED", "KWD"], BankAccount], Field(min_length=1)]
    folder: FolderSettings | None = None
    sftp: SftpSettings | None = None
    message_prefix: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,14}$")] = "BURSAR-"
    """The beginning of the ids of our files; two installs at one bank need two. A dash at the beginning would be read
    as the end of a message.
    """

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.folder is None) == (self.sftp is None):
            raise ValueError("needs a folder or sftp, and not both")
        return self

    @property
    def post(self) -> FolderSettings | SftpSettings:
        """The way to the bank."""
        way = self.folder or self.sftp
        assert way is not None, "checked when it was read"
        return way

    def account(self, currency: str) -> BankAccount | None:
        """The account that a currency is paid from, if there is one."""
        return next((account for known, account in self.accounts.items() if known == currency), None)


def read_bank_settings(path: Path) -> BankSettings:
    """Read and check the file; raises BankSettingWrong."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
        if len(text) > FILE_BYTES_MAX:
            raise BankSettingWrong(str(path), f"has more than {FILE_BYTES_MAX} bytes")
        said = tomllib.loads(text.decode("utf-8"))
    except OSError as fault:
        raise BankSettingWrong(str(path), f"cannot be read ({fault.strerror})") from None
    except ValueError as fault:
        raise BankSettingWrong(str(path), f"is no TOML ({fault})") from None
    try:
        return BankSettings.model_validate(_paths_resolved(said, path.parent))
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(step) for step in first["loc"]) or "the file"
        raise BankSettingWrong(name, first["msg"].removeprefix("Value error, ")) from None


def _paths_resolved(said: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Paths are relative to the file's folder."""
    found = {section: dict(said[section]) for section in _PATHS if isinstance(said.get(section), dict)}
    for section, values in found.items():
        for name in _PATHS[section]:
            if isinstance(values.get(name), str):
                values[name] = folder / values[name]
    return {**said, **found}
