"""Every published code of the card API, and how a client meets it. The tests do what is written here; so does the page.

Nothing but the merchant's own calls, the control API and the clock brings a code about.
"""

from bursar.api.card.app import ENDPOINTS
from bursar.api.card.endpoint import PREFIX

from .cards import IN_USE, THREEDS
from .case import Case, Chapter
from .customers import BINDING, CUSTOMERS
from .documents import FILES, VERIFICATIONS
from .groups import GROUPS, RATES
from .merchant import ACCOUNTS, VERIFICATION_PASSWORD
from .opening import OPENING
from .protocol import EVERYWHERE
from .recharging import RECHARGING
from .wallet import RECEIVING

CHAPTERS: tuple[Chapter, ...] = (
    EVERYWHERE, ACCOUNTS, VERIFICATION_PASSWORD, FILES, GROUPS, RATES, CUSTOMERS, BINDING, VERIFICATIONS, OPENING,
    RECHARGING, IN_USE, THREEDS, RECEIVING,
)  # fmt: skip
CASES: tuple[Case, ...] = tuple(case for chapter in CHAPTERS for case in chapter.cases)

WALLET = frozenset({10144, 10145, *range(10147, 10157)})
"""The codes of withdrawals."""
WALLET_IS_SERVED = any(endpoint.path.startswith(f"{PREFIX}/wallet/") for endpoint in ENDPOINTS)
PRODUCIBLE: tuple[Case, ...] = tuple(
    case for case in CASES if WALLET_IS_SERVED or not case.endpoint.startswith("wallet/")
)
"""What this build can be made to answer: 1003 needs an endpoint of the wallet."""
