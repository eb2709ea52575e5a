"""The days of `make demo`, lived through on an install of their own."""

import pytest
from examples import demo
from examples.story import Story

from .install import Install


@pytest.mark.parametrize("run", ["first", "second"])
def test_the_demo_is_as_the_contract_says_also_on_a_sandbox_that_was_used(
    install: Install, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], run: str
) -> None:
    monkeypatch.setenv("BURSAR_HOME", str(install.home))
    assert demo.main() == 0, capsys.readouterr().out
    assert "all as expected" in capsys.readouterr().out


def test_without_a_sandbox_the_demo_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BURSAR_HOME", "/nowhere")
    assert demo.main() == 2
    assert "make up" in capsys.readouterr().out


def test_what_differs_stops_the_story() -> None:
    with pytest.raises(demo.Differs, match="the contract has 2"):
        Story().expect("balance", 1, 2)
