"""The house as data: the order of its rooms, what is closed to whom, the limits, and the known exceptions to each rule.

A room is a folder or a module directly below `src/bursar`. Places within rooms are named from there: `api.card` is
`src/bursar/api/card`. Exceptions may only become fewer: one that is not needed any more fails the rule it belongs to.
"""

from collections.abc import Mapping
from typing import Final

ROOMS: Final = (
    "kernel",
    "db",
    "ledger",
    "vault",
    "install",
    "backup",
    "ground",
    "requests",
    "merchants",
    "webhooks",
    "files",
    "messages",
    "otp",
    "exchange",
    "staff",
    "quotes",
    "screening",
    "customers",
    "cards",
    "wallet",
    "payouts",
    "ordering",
    "accounting",
    "observation",
    "decisions",
    "differences",
    "keys",
    "administration",
    "reports",
    "lookup",
    "integration",
    "outside",
    "providers",
    "worker",
    "api",
    "console",
    "sandbox",
    "main",
    "cli",
    "__main__",
)
"""A room imports those before it alone, so that no two can need each other."""

_ROOT: Final = ("main", "cli")
CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "providers": (*_ROOT, "sandbox"),
    "worker": (*_ROOT, "api"),  # whoever operates sees dead jobs and what is parked
    "api": (*_ROOT, "console", "sandbox"),
    "api.card": (*_ROOT, "sandbox", "api.explainer", "api.inspector"),  # both APIs, explained to those who look at them
    "api.merchant": _ROOT,
    "api.operator": (*_ROOT, "api.merchant"),  # one framework for the people of both sides
    "api.payout": (*_ROOT, "sandbox", "api.explainer", "api.inspector"),
    "console": _ROOT,
    "sandbox": ("main",),
    "install.logs": _ROOT,
    "install.settings": (*_ROOT, "install"),
    "install.supervisor": _ROOT,
}
"""Places that only these may import, whatever the order: adapters, processes, dialects, what a process is started with.
"""
OPEN_STORES: Final = ("ledger",)
"""Rooms whose tables everybody may read; the store of another is read by its own room, and by the API's."""
DIALECTS: Final = ("api", "sandbox.control")
"""Places that know published numbers and wire names."""

MODULE_LINES_MAX: Final = 500
FUNCTION_LINES_MAX: Final = 50
MEDIAN_FUNCTION_LINES_MAX: Final = 10
PARAMETERS_MAX: Final = 6
IMPORTS_MAX: Final = 25
"""Statements that import modules of ours; an `assembly.py` may have more, since putting together is its purpose."""
SLEEP_MAX_S: Final = 0.1
"""In tests: long enough for a loop that looks again and again."""

NAMES_OF_NOTHING: Final = frozenset({"utils", "helpers", "common", "manager", "base", "data", "misc"})
LEDGER_TABLES: Final = ("ledger_account", "ledger_operation", "ledger_entry")
OF_REAL_TIME: Final = ("kernel", "api", "cli", "worker", "db", "install", "observation")
"""Rooms that may ask the machine's clock: for freshness of requests, leases and logs. Others ask the context's."""

# ── exceptions: where, and why ───────────────────────────────────────────────────────────────────────────────────────

_DECLARATION = "a declaration by keyword, each but the path with a default"
_ROW = "one parameter for each column of what it makes"
MANY_PARAMETERS: Final[Mapping[str, tuple[int, str]]] = {
    "api.card.endpoint:Route.post": (9, _DECLARATION),
    "api.operator.endpoint:Route.post": (7, _DECLARATION),
    "api.operator.endpoint:Route._declare": (8, _DECLARATION),
    "api.payout.endpoint:Route.get": (7, _DECLARATION),
    "api.payout.endpoint:Route.post": (9, _DECLARATION),
    "api.payout.endpoint:Route._declare": (9, _DECLARATION),
    "api.card.envelope:respond": (7, "the parts of an envelope, each but three with a default"),
    "cards.authorizations.bills:bill": (9, _ROW),
    "cards.authorizations.bills:bill_of": (7, _ROW),
    "payouts.service:made": (7, _ROW),
    "sandbox.catalogue:_virtual": (8, _ROW),
    "ledger.model:entry_hash": (10, "the fields that the hash covers, in its order"),
    "cli.staff:audit_list": (9, "the options of the command"),
    "cli.staff:audit_export": (7, "the options of the command"),
    "install.supervisor:up": (7, "the options of the command"),
    "cli.bank:match": (7, "the options of the command"),
    "cli.merchant:add": (9, "the options of the command"),
    "cli.merchant:fee": (8, "the options of the command"),
    "cli.product:add": (9, "the options of the command"),
    "cli.product:set_fee": (12, "the options of the command"),
    "cli.money:fund": (8, "the options of the command"),
    "cli.money:pay_out": (7, "the options of the command"),
    "cli.money:settle": (8, "the options of the command"),
    "cli.money:adjust": (8, "the options of the command"),
}
"""Function: its parameters now, which may not become more, and why there are so many."""

MANY_IMPORTS: Final[Mapping[str, tuple[int, str]]] = {
    "main.rooms": (41, "the assembly of assemblies"),
}
"""Module: its imports now, which may not become more, and why there are so many."""

_KEY_TAKEN = "a key that means something else is a contradiction, not an absence"
GETS_WITHOUT_RAISING: Final[Mapping[str, str]] = {}
"""Function, and why it may answer None although it is called `get_`."""
FINDS_WITH_RAISING: Final[Mapping[str, str]] = {
    "ledger.decisions:Decisions.find_receipt": _KEY_TAKEN,
    "ledger.engine:Ledger.find_receipt": _KEY_TAKEN,
}
"""Function, and why it raises although what is missing is None."""

_HEADING = "the heading of an endpoint or value in a published page, as it was published first"
QUESTIONS: Final[Mapping[str, str]] = {
    "api.card.routes.cards:bills": _HEADING,
    "api.card.routes.cards:card_balance": _HEADING,
    "api.card.routes.cards:progress": _HEADING,
    "api.card.routes.catalogue:metadata": _HEADING,
    "api.card.routes.lifecycle:logistics": _HEADING,
    "api.card.routes.merchant:fund_list": _HEADING,
    "api.card.routes.merchant:merchant_info": _HEADING,
    "api.card.routes.wallet:deposit_list": _HEADING,
    "api.card.routes.wallet:wallet_config": _HEADING,
    "api.card.routes.wallet:wallet_info": _HEADING,
    "api.card.routes.webhooks:list_events": _HEADING,
    "api.card.routes.webhooks:webhook_info": _HEADING,
    "api.payout.routes.callbacks:list_events": _HEADING,
    "api.payout.routes.callbacks:webhook": _HEADING,
    "api.payout.routes.merchant:merchant_balance": _HEADING,
    "api.payout.routes.orders:batch_detail": _HEADING,
    "api.payout.routes.otp:otp_detail": _HEADING,
    "api.payout.routes.payees:autoapproval": _HEADING,
    "api.payout.schemas.orders:BatchDetailOut": _HEADING,
    "api.payout.schemas.orders:TicketRef": _HEADING,
    "api.payout.schemas.payees:CustomerChange": _HEADING,
    "api.payout.schemas.payees:CustomerRef": _HEADING,
    "api.payout.schemas.rows:RowOut": _HEADING,
    "api.payout.schemas.statements:": _HEADING,
    "api.payout.schemas.webhooks:ReplayQuery": _HEADING,
}
"""Docstring that begins as a question, and why it may; others name their subject."""

_PUBLISHER = "the name of an element or attribute of a published list"
_QUESTION = "the name of a question on the issuer's form"
WIRE_NAMES: Final[Mapping[str, str]] = {
    "cards.orders.jobs:embossName": _QUESTION,
    "sandbox.catalogue:embossName": _QUESTION,
    "screening.lists.eu_xml:lastName": _PUBLISHER,
    "screening.lists.ofac_xml:lastName": _PUBLISHER,
}
"""Module and word of a dialect that stands in it, and why."""

LONG_SLEEPS: Final[Mapping[str, str]] = {
    "tests/api/test_key_process.py": "a process that loads slowly is one that takes real time",
    "tests/install/test_supervisor.py": "a process that never ends by itself; the supervisor ends it",
    "tests/e2e/test_gate.py": "a body that never comes; the limit of time ends it",
    "tests/e2e/test_rates.py": "another process may rely on what it knows of a merchant for two seconds of real time",
    "tests/e2e/test_readiness.py": "the answer is kept for half a second of real time",
}
"""File of the tests, and why it waits."""
