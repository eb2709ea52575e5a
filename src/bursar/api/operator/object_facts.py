"""The rows of facts about what merchants have, their pushes and due work: a part of the table in `facts`."""

from collections.abc import Mapping
from typing import Final

from bursar.api.operator.rows import Row
from bursar.cards import errors as cards
from bursar.customers import errors as customers
from bursar.differences import errors as differences
from bursar.kernel.errors import Fact
from bursar.lookup import errors as lookup
from bursar.payouts.payees import errors as payees
from bursar.wallet import errors as wallet
from bursar.webhooks import errors as webhooks
from bursar.worker import errors as jobs

OBJECT_FACTS: Final[Mapping[type[Fact], Row]] = {
    lookup.PathOfEverybody: Row("path-of-everybody", 422),
    webhooks.NoSuchDelivery: Row("no-such-delivery", 404, ("delivery_id",)),
    webhooks.NothingToReplay: Row("nothing-to-replay", 404),
    jobs.NoSuchDeadJob: Row("no-such-dead-job", 404, ("job_id",)),
    jobs.KindNotParked: Row("kind-not-parked", 404, ("kind",)),
    cards.CardDetailsMissing: Row("card-not-made", 409),
    cards.CardOperationNotNow: Row("card-operation-not-now", 409, ("card_id",)),
    cards.CustomerHasManyCards: Row("customer-has-many-cards", 409, ("most",)),
    customers.CustomerFrozen: Row("customer-frozen", 409),
    customers.CustomerNotFrozen: Row("customer-not-frozen", 409, ("customer_id",)),
    differences.DifferenceUnknown: Row("difference-unknown", 404),
    differences.DifferenceNotSo: Row("difference-not-so", 409, ("kind", "result")),
    differences.PaymentUnlike: Row("payment-unlike", 409, ("payment_id",)),
    differences.DifferencesOpen: Row("differences-open", 409, ("kind", "open", "comparing")),
    wallet.AddressGiven: Row("address-given", 409, ("chain_id", "number")),
    payees.PayeeDeleted: Row("payee-deleted", 404),
}
