"""The first day of a live install, as the script in `examples/` lives it, with a real mail server and SMPP centre."""

import base64
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from examples.live_day import Coins, Install, World, live
from examples.story import Story

from tests.messages import centre

from .install import ROOT, free_port
from .real import COIN, Network, Outside, network, write_chains

WAIT_S = 60.0
CUT_OFFS = 20
SCALES = {"USDT": 6, "ETH": 18}
RIYADH = timezone(timedelta(hours=3))


@dataclass
class Letters:
    """A mail server's letters, by address."""

    taken: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """A letter."""
        assert isinstance(envelope.content, bytes)
        self.taken += [(to, envelope.content.decode()) for to in envelope.rcpt_tos]
        return "250 OK"

    def newest(self, address: str) -> str:
        """The newest letter to an address."""
        ends = time.monotonic() + WAIT_S
        while time.monotonic() < ends:
            for to, text in reversed(self.taken):
                if to == address:
                    return text.replace("=\r\n", "").replace("=3D", "=")
            time.sleep(0.05)
        raise TimeoutError(address)


@pytest.fixture
def letters() -> Iterator[tuple[Letters, int]]:
    """A mail server on a free port."""
    letters, port = Letters(), free_port()
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    controller.start()
    yield letters, port
    controller.stop()


@pytest.fixture
def outside() -> Iterator[Outside]:
    outside = Outside()
    yield outside
    outside.close()


def bank_file(folder: Path) -> Path:
    """The example's bank with a cut-off in each of the next minutes, looked at each second."""
    now = datetime.now(UTC).astimezone(RIYADH)
    minutes = [f'"{now + timedelta(minutes=number):%H:%M}"' for number in range(CUT_OFFS)]
    text = (ROOT / "examples" / "bank.toml").read_text("utf-8")
    text = text.replace('["11:00", "15:30"]', f"[{', '.join(minutes)}]").replace("poll_s = 60", "poll_s = 1")
    (folder / "bank.toml").write_text(text, "utf-8")
    return folder / "bank.toml"


def outside_pays(chain: Network, address: str, amount: Decimal) -> None:
    chain.send("USDT", address, int(amount * COIN))


@pytest.mark.slow
def test_the_first_day_of_a_live_install(
    empty_dsn: str, tmp_path: Path, letters: tuple[Letters, int], outside: Outside
) -> None:
    post, mail_port = letters
    mobile = outside.enter(centre.running())
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    (tmp_path / "key").write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
    chain = network(outside, "one", 31_337, {"USDT": "NormalToken"})
    chains, seed = tmp_path / "chains.toml", {"BURSAR_WALLET_SEED_FILE": str(tmp_path / "seed")}
    write_chains(chains, [chain], SCALES, seed)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "BURSAR_MODE": "live",
        "BURSAR_MODULES": "payout,wallet,otp",
        "BURSAR_HOME": str(home),
        "BURSAR_PORT": str(port),
        "BURSAR_MASTER_KEY_FILE": str(tmp_path / "key"),
        "BURSAR_SMTP_URL": f"smtp+plain://127.0.0.1:{mail_port}?from=cards@example.com",
        "BURSAR_SMPP_URL": mobile.url,
        "BURSAR_BANK": str(bank_file(tmp_path)),
        "BURSAR_CHAINS": str(chains),
        **seed,
        "DATABASE_URL": empty_dsn,
    }

    def next_text() -> str:
        return str(outside(mobile.next("submit"))["text"])

    coins = Coins(
        chain.id,
        lambda address, amount: outside_pays(chain, address, amount),
        lambda: chain.mine(1),
        lambda address: Decimal(chain.balance("USDT", address)) / COIN,
    )
    world = World(post.newest, next_text, tmp_path / "bank", coins)
    story = Story()
    live(Install(environment, f"http://127.0.0.1:{port}"), world, story)
    assert story.checks >= 32
