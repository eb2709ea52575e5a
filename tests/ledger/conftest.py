"""A table of things beside the ledger's own."""

import psycopg
import pytest

from .scene import CREATE_THINGS


@pytest.fixture
def dsn(dsn: str) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(CREATE_THINGS)
    return dsn
