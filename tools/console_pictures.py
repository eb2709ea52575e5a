"""Takes a picture of each page of the consoles in both themes: `python tools/console_pictures.py` fills `docs/console`.

A sandbox is started in a folder that passes, and the demo lives through its days there; a few things are left waiting
for a person. Then a browser of the owner visits every page of the navigation, and the first page of each kind that
these lead to; one of a merchant's user does the same. Needs Debian's chromium, and takes some minutes.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import httpx2
import orjson
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from bursar.console.merchant.site import MERCHANT
from bursar.console.staff.site import STAFF
from bursar_sdk import BursarCard, Sandbox

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs/console"
SCREEN: Final = ViewportSize(width=1280, height=880)
SHOWN_WIDTH: Final = 960
QUALITY: Final = 50
"""Of WebP: a page of tables takes some 20 kB."""
PATIENCE_S: Final = 180.0
OUTSIDE: Final = "0x52908400098527886E0F7030069857D2E4169EE7"
"""Somebody's address on Ethereum."""
THEMES: Final[tuple[Literal["light"], Literal["dark"]]] = ("light", "dark")
LEFT_OUT: Final = ("/assets/", "/v1/", "/link", "/reset", "after=", "before=")
"""In addresses that are no pages, or further pages of a list."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of which there is a picture in each theme."""

    name: str
    path: str
    title: str


def main() -> None:
    """Take all of them and write the page that shows them."""
    chromium = shutil.which("chromium") or sys.exit("There is no chromium on this machine.")
    with tempfile.TemporaryDirectory(prefix="bursar-pictures-") as folder, _install(Path(folder)) as sandbox_file:
        _live_through_a_day(sandbox_file)
        document = orjson.loads(sandbox_file.read_bytes())
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            staff = _pictures(browser, document, STAFF.root, document["console"]["people"][0])
            users = _pictures(browser, document, MERCHANT.root, document["merchant_console"]["people"][0])
            browser.close()
    (FOLDER / "README.md").write_text(_page(staff, users), "utf-8")
    size = sum(path.stat().st_size for path in FOLDER.iterdir())
    print(f"{len(staff) + len(users)} pages, {size / 1000:,.0f} kB")


@contextmanager
def _install(folder: Path) -> Iterator[Path]:
    """A sandbox of its own; its `sandbox.json`."""
    home = folder / "home"
    env = {**os.environ, "BURSAR_HOME": str(home), "BURSAR_PORT": "0", "PYTHONPATH": str(ROOT / "src")}
    env.pop("DATABASE_URL", None)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "bursar", "up"], env=env, stdout=log, stderr=log, cwd=ROOT)
        try:
            sandbox_file = home / "sandbox.json"
            _until_ready(sandbox_file, process)
            yield sandbox_file
        finally:
            process.terminate()
            process.wait(60)


def _until_ready(sandbox_file: Path, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and process.poll() is None:
        if sandbox_file.exists():
            url = orjson.loads(sandbox_file.read_bytes())["base_url"]
            try:
                if httpx2.get(f"{url}/health/ready").status_code == 200:
                    return
            except httpx2.TransportError:
                pass
        time.sleep(0.2)
    sys.exit("The sandbox did not start.")


def _live_through_a_day(sandbox_file: Path) -> None:
    env = {**os.environ, "BURSAR_HOME": str(sandbox_file.parent), "PYTHONPATH": str(ROOT / "sdk/python/src")}
    subprocess.run([sys.executable, "-m", "examples.demo"], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with BursarCard.from_sandbox(sandbox_file) as bursar, Sandbox.from_sandbox(sandbox_file) as sandbox:
        for amount in ("1250", "75.5"):
            bursar.withdrawals.create(coin_id="USDT", chain_id="ethereum", address=OUTSIDE, amount=amount)
        first = bursar.withdrawals.create(coin_id="USDT", chain_id="ethereum", address=OUTSIDE, amount="310")
        sandbox.decide_withdrawal(first.order_no, result="approve")


def _pictures(browser: Browser, document: Mapping[str, Any], root: str, login: Mapping[str, Any]) -> list[Picture]:
    """Visit a console's pages as somebody who signs in there."""
    context = browser.new_context(viewport=SCREEN, locale="en", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{document['base_url']}{root}/sign-in")
    page.fill("#f-email", login["email"])
    page.fill("#f-password", login["password"])
    page.press("#f-password", "Enter")
    page.wait_for_selector("nav.side")
    pictures = [_named(page, document["base_url"], path, root) for path in _paths(page, document["base_url"], root)]
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for picture in pictures:
            page.goto(document["base_url"] + picture.path)
            _save(page.screenshot(), FOLDER / f"{picture.name}-{theme}.webp")
    context.close()
    return pictures


def _paths(page: Page, base_url: str, root: str) -> list[str]:
    """The pages of the navigation, each followed by the first page of each further kind that it leads to."""
    places = page.eval_on_selector_all("nav.side a", "links => links.map(link => link.getAttribute('href'))")
    found = dict.fromkeys(places)
    known = {_kind(path) for path in places}
    for place in places:
        page.goto(base_url + place)
        links = page.eval_on_selector_all("main a", "links => links.map(link => link.getAttribute('href') || '')")
        for link in links:
            below = link.startswith(root) and not any(part in link for part in LEFT_OUT)
            if below and "?" not in link and _kind(link) not in known:
                known.add(_kind(link))
                found[link] = None
    return list(found)


def _kind(path: str) -> str:
    """The path without numbers: pages that differ in these alone are alike."""
    return re.sub(r"[0-9a-f]*\d[0-9a-f]*", "0", path)


def _named(page: Page, base_url: str, path: str, root: str) -> Picture:
    page.goto(base_url + path)
    site = "staff" if root == STAFF.root else "merchant"
    one = re.sub(r"0(-0)*", "one", _kind(path.removeprefix(root)))
    name = re.sub(r"[^a-z]+", "-", f"{site}{one}".lower()).strip("-")
    return Picture(name, path, page.title().partition(" · ")[0])


def _save(png: bytes, path: Path) -> None:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    height = round(picture.height * SHOWN_WIDTH / picture.width)
    picture.resize((SHOWN_WIDTH, height), Image.Resampling.LANCZOS).save(path, "WEBP", quality=QUALITY, method=6)


def _page(staff: list[Picture], users: list[Picture]) -> str:
    lines = [
        "# The consoles in pictures",
        "",
        "Each page in its light and its dark theme, taken by `tools/console_pictures.py` of a sandbox after the demo.",
    ]
    for heading, pictures in (("The staff", staff), ("A merchant's users", users)):
        lines += ["", f"## {heading}"]
        for picture in pictures:
            shown = " ".join(f"![{picture.title}, {theme}]({picture.name}-{theme}.webp)" for theme in THEMES)
            lines += ["", f"### {picture.title}", "", shown]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
