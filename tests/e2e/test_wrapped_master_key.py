"""An install whose master key is wrapped by a hardware module, from its first wrap to another master key.

One story of some twenty commands and two starts, each a process that logs in to the module: it takes its time.
"""

import json
import os
from typing import Any

import pytest

from tests import hsm

from .install import Install
from .scene import Scene
from .test_keys_under_traffic import Staff
from .test_staff_commands import as_json, bursar

LABEL, NEXT = "bursar-master", "bursar-master-2"


def wrapped(install: Install, *words: str) -> tuple[str, str]:
    """The id and the line that `bursar key wrap` prints."""
    said = bursar(install, "key", "wrap", *words, **install.env)
    told, line = said.splitlines()[:2]
    return told.split()[2].rstrip(","), line


def refused(install: Install, **environment: str) -> str:
    """The sentence with which the worker does not start."""
    return " ".join(bursar(install, "worker", **{**install.env, **environment}).split())


def doctor(install: Install) -> dict[str, Any]:
    told, _ = json.JSONDecoder().raw_decode(bursar(install, "doctor", "--json", **install.env))
    [found] = [port for port in told["ports"] if port["port"] == "master key"]
    return dict(found)


@pytest.mark.slow
def test_an_install_lives_with_a_wrapped_master_key(stopped: Install, module: str) -> None:
    install = stopped
    install.env = {
        "BURSAR_MASTER_KEY_MODULE": f"pkcs11:token={hsm.TOKEN}?module-path={module}",
        "BURSAR_MASTER_KEY_PIN": hsm.PIN,
        "SOFTHSM2_CONF": os.environ["SOFTHSM2_CONF"],
    }
    staff = Staff.of(install)
    [active] = [key["public"] for key in as_json(install, "key", "list", "--merchant", "0") if key["kind"] == "master"]
    assert doctor(install)["adapter"] == "setting"
    key_id, line = wrapped(install, LABEL, "--make")
    assert key_id == active
    (install.home / "master.key").rename(install.home / "master.key.paper")
    install.env["BURSAR_MASTER_KEY"] = line
    serves(install)
    assert doctor(install) == {
        "port": "master key",
        "modules": ["card", "otp", "payout", "wallet"],
        "adapter": "PKCS#11",
        "reached": f"{active}, opened by `{LABEL}` of the token `{hsm.TOKEN}`",
        "fault": None,
    }
    same_id, install.env["BURSAR_MASTER_KEY"] = wrapped(install, NEXT, "--make")
    assert same_id == active
    move(install, staff)
    serves(install)
    assert_each_fault_has_its_sentence(install)
    install.env["BURSAR_MASTER_KEY"] = (install.home / "master.key.paper").read_text().strip()
    assert doctor(install)["fault"].startswith(f"This process has {active}, and the install ")


def serves(install: Install) -> None:
    """The same install: its merchant's secrets open, money moves."""
    install.start()
    with install.client() as client, install.sandbox() as sandbox:
        scene = Scene(install, client, sandbox)
        scene.recharged_card()
        scene.check_books()
    install.stop()


def move(install: Install, staff: Staff) -> None:
    """To a new master key that was never outside a process or the module."""
    new_id, line = wrapped(install, NEXT, "--new")
    install.env |= {"BURSAR_MASTER_KEY_PREVIOUS": install.env["BURSAR_MASTER_KEY"], "BURSAR_MASTER_KEY": line}
    staff.take("prepare", "master", **install.env)
    assert "wrapped anew" in bursar(install, "key", "rewrap", BURSAR_TOKEN=staff.asks, **install.env)
    assert staff.keys("master", **install.env)["active"]["public"] == new_id
    staff.take("retire", "master", "1", **install.env)
    assert "wrapped anew" in bursar(install, "key", "rewrap", BURSAR_TOKEN=staff.asks, **install.env)
    del install.env["BURSAR_MASTER_KEY_PREVIOUS"]
    assert doctor(install)["reached"] == f"{new_id}, opened by `{NEXT}` of the token `{hsm.TOKEN}`"


def assert_each_fault_has_its_sentence(install: Install) -> None:
    for changed, sentence in (
        ({"BURSAR_MASTER_KEY_MODULE": ""}, "BURSAR_MASTER_KEY_MODULE must name the hardware module that opens the"),
        ({"BURSAR_MASTER_KEY_PIN": "0000"}, f"The token `{hsm.TOKEN}` does not take this PIN."),
    ):
        assert f"Refused. {sentence}" in refused(install, **changed)
