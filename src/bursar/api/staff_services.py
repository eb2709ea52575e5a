"""The use cases that the operator API and the pages of the staff call."""

from dataclasses import dataclass

from bursar.accounting.assembly import AccountingRoom
from bursar.administration.assembly import AdministrationRoom
from bursar.api.streams import Streams
from bursar.api.system import System
from bursar.customers.desk.service import Desk
from bursar.decisions.assembly import DecisionRoom
from bursar.differences.service import Differences
from bursar.exchange.service import Exchange
from bursar.ground import Ground
from bursar.keys.service import Keys
from bursar.lookup.bank.service import BankFiles
from bursar.lookup.objects.reveals import Reveals
from bursar.lookup.objects.service import Objects
from bursar.lookup.requests.service import SeenRequests
from bursar.lookup.service import Lookup
from bursar.quotes.service import Quotes
from bursar.reports.assembly import ReportRoom
from bursar.screening.assembly import ScreeningRoom
from bursar.staff.assembly import StaffRoom
from bursar.staff.users.assembly import UserRoom
from bursar.webhooks.service import Webhooks
from bursar.worker.administration import JobAdministration


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The rooms that both offer, and the ground that they stand on."""

    ground: Ground
    staff: StaffRoom
    users: UserRoom
    accounting: AccountingRoom
    administration: AdministrationRoom
    exchange: Exchange
    quotes: Quotes
    keys: Keys
    decisions: DecisionRoom
    differences: Differences
    lookup: Lookup
    objects: Objects
    reveals: Reveals
    jobs: JobAdministration
    bank: BankFiles
    webhooks: Webhooks
    requests: SeenRequests
    reports: ReportRoom
    screening: ScreeningRoom
    desk: Desk
    system: System
    streams: Streams
