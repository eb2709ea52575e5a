"""Some lives of two merchants; `python -m tests.simulation` lives more of them, and longer ones."""

import pytest

from tests.conftest import Server

from .machine import live


@pytest.mark.slow
def test_whatever_happens_books_agree_and_every_order_ends(server: Server) -> None:
    live(server, lives=10, steps=20, repeatable=True)
