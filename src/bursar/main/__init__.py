"""The composition root: which adapter stands behind which port, and how the parts of one process hold together."""

from bursar.main.adapters import check_adapters
from bursar.main.checks import check_database
from bursar.main.chores import chores
from bursar.main.first_start import prepare
from bursar.main.masters import masters_of
from bursar.main.parts import Parts, assembled
from bursar.main.processes import api, serve, watched
from bursar.main.renewal import renew
from bursar.main.schema import schema_of
from bursar.main.signers import chain_keys
from bursar.main.work import start_standing_work, worker

__all__ = [
    "Parts",
    "api",
    "assembled",
    "chain_keys",
    "check_adapters",
    "check_database",
    "chores",
    "masters_of",
    "prepare",
    "renew",
    "schema_of",
    "serve",
    "start_standing_work",
    "watched",
    "worker",
]
