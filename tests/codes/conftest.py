"""Every case is recorded."""

import pytest

from .recording import recorder, recording

__all__ = ["recording"]


@pytest.fixture(autouse=True)
def _recorded(recording: None) -> None:
    """Steps begin with the test."""
    recorder.begin()
