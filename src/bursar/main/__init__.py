"""The composition root: which adapter stands behind which port, and how the parts of one process hold together."""

from bursar.main.adapters import check_adapters
from bursar.main.audit_chain import keep_linked
from bursar.main.checks import check_database
from bursar.main.counts import keep_counts
from bursar.main.first_start import prepare
from bursar.main.masters import masters_of
from bursar.main.parts import Parts, assembled
from bursar.main.processes import api, serve, watched
from bursar.main.proofs import keep_proven
from bursar.main.rate_file import keep_fetched
from bursar.main.renewal import renew
from bursar.main.retention import keep_tidy
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
    "keep_counts",
    "keep_fetched",
    "keep_linked",
    "keep_proven",
    "keep_tidy",
    "masters_of",
    "prepare",
    "renew",
    "schema_of",
    "serve",
    "start_standing_work",
    "watched",
    "worker",
]
