"""Every published code of the payout API, and how a client meets it. The tests do what is written here.

Nothing but the merchant's own calls, the control API and the clock brings a code about.
"""

from .callbacks import CALLBACKS
from .case import Case, Chapter
from .customers import APPROVAL, CUSTOMERS, PHOTOS
from .orders import ORDERS
from .otp import OTP
from .protocol import EVERYWHERE
from .statements import STATEMENTS

CHAPTERS: tuple[Chapter, ...] = (EVERYWHERE, CUSTOMERS, PHOTOS, APPROVAL, ORDERS, STATEMENTS, OTP, CALLBACKS)
CASES: tuple[Case, ...] = tuple(case for chapter in CHAPTERS for case in chapter.cases)
