"""Every published code of the card API, and how a client meets it. The tests do what is written here; so does the page.

Nothing but the merchant's own calls, the control API and the clock brings a code about.
"""

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
from .withdrawing import WITHDRAWING

CHAPTERS: tuple[Chapter, ...] = (
    EVERYWHERE,
    ACCOUNTS,
    VERIFICATION_PASSWORD,
    FILES,
    GROUPS,
    RATES,
    CUSTOMERS,
    BINDING,
    VERIFICATIONS,
    OPENING,
    RECHARGING,
    IN_USE,
    THREEDS,
    RECEIVING,
    WITHDRAWING,
)
CASES: tuple[Case, ...] = tuple(case for chapter in CHAPTERS for case in chapter.cases)
