"""Which gateways a process has: real ones where the settings name a server, the sandbox's otherwise."""

import base64
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.install.errors import SettingMissing
from bursar.install.settings import read_settings
from bursar.kernel.clock import SystemClock
from bursar.kernel.ids import Ids
from bursar.main.outside import with_gateways
from bursar.providers.messages.http_sms import HttpSms
from bursar.providers.messages.smpp_sms import SmppSms, SmppUrlMalformed
from bursar.providers.messages.smtp_mail import SmtpMail, SmtpUrlMalformed
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.messages import SandboxMail, SandboxSms
from tests.ground import ground_of, outside_of

SMTP = "smtp://bursar:hunter2@mail.example.org?from=no-reply@example.org"
SMPP = "smpp://bursar:hunter2@smsc.example.org?from=Bursar"


async def never() -> int:
    raise AssertionError("nothing is numbered here")


def gateways(database: Database, folder: Path, **said: str) -> tuple[type, type]:
    key = base64.b64encode(b"k" * 32).decode()
    settings = read_settings(
        {
            "DATABASE_URL": "postgresql://",
            "BURSAR_HOME": str(folder),
            "BURSAR_MASTER_KEY": key,
            **said,
        }
    )
    assert "hunter2" not in repr(settings)
    assert "kkkk" not in repr(settings)
    ground, sandbox = ground_of(database, Ids(never), SystemClock()), Sandbox.of(database)
    made = with_gateways(settings, ground, outside_of(ground, sandbox, folder))
    return type(made.mail), type(made.sms)


async def test_settings_choose_the_gateways(database: Database, tmp_path: Path) -> None:
    assert gateways(database, tmp_path) == (SandboxMail, SandboxSms)
    assert gateways(database, tmp_path, BURSAR_SMTP_URL="", BURSAR_SMPP_URL="") == (SandboxMail, SandboxSms)
    assert gateways(database, tmp_path, BURSAR_SMTP_URL=SMTP) == (SmtpMail, SandboxSms)
    assert gateways(database, tmp_path, BURSAR_SMTP_URL=SMTP, BURSAR_SMPP_URL=SMPP) == (SmtpMail, SmppSms)
    file = tmp_path / "sms.toml"
    file.write_text('url = "https://gateway.example/"\n[taken]\nstatus = [200]')
    assert gateways(database, tmp_path, BURSAR_SMS_GATEWAY=str(file)) == (SandboxMail, HttpSms)
    with pytest.raises(SettingMissing, match="BURSAR_SMS_GATEWAY"):
        gateways(database, tmp_path, BURSAR_SMS_GATEWAY=str(file), BURSAR_SMPP_URL=SMPP)


async def test_a_url_that_names_no_server_stops_the_start(database: Database, tmp_path: Path) -> None:
    with pytest.raises(SmtpUrlMalformed):
        gateways(database, tmp_path, BURSAR_SMTP_URL="mail.example.org")
    with pytest.raises(SmppUrlMalformed):
        gateways(database, tmp_path, BURSAR_SMPP_URL="smsc.example.org")
