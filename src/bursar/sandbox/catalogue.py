"""The sandbox issuer's products, and the list of those that it offers.

The BINs are from ranges that no network has given out for these cards; nothing here is ever charged.
"""

from collections.abc import Collection
from typing import Final

from bursar.cards.catalogue.model import (
    AgeRange,
    CardOperation,
    ExtensionParameter,
    ExtensionType,
    Preconditions,
    Product,
    ProductKind,
    RechargeRange,
)
from bursar.customers.model import CustomerField, DocumentKind, KycLevel
from bursar.kernel.money import Money
from bursar.sandbox.faults import Faults

_NETWORK: Final = "VISA"
_USD: Final = "USD"
_RANGE: Final = RechargeRange(Money.parse("10", _USD), Money.parse("5000", _USD))
_VIRTUAL: Final = frozenset(CardOperation) - {CardOperation.ACTIVATE}
_LEVEL_1: Final = Preconditions(kyc_level=KycLevel.PRIMARY)
_STRICT: Final = Preconditions(
    email=True,
    phone=True,
    age=AgeRange(18, 75),
    kyc_level=KycLevel.ADVANCED,
    documents=(DocumentKind.PASSPORT,),
    phone_regions_refused=("IR", "KP"),
    document_countries_refused=("IR", "KP", "SY"),
    one_per_customer=True,
)
_PHYSICAL: Final = Preconditions(kyc_level=KycLevel.PRIMARY, customer_fields=(CustomerField.ADDRESS,))


def _virtual(
    product_id: str,
    name: str,
    bin_: str,
    *,
    operations: frozenset[CardOperation] = _VIRTUAL,
    recharge: RechargeRange | None = _RANGE,
    preconditions: Preconditions = _LEVEL_1,
    enabled: bool = True,
    open_for_opening: bool = True,
) -> Product:
    return Product(
        id=product_id,
        name=name,
        kind=ProductKind.VIRTUAL,
        network=_NETWORK,
        bin=bin_,
        currency=_USD,
        operations=operations,
        recharge=recharge,
        preconditions=preconditions,
        enabled=enabled,
        open_for_opening=open_for_opening,
    )


SANDBOX_PRODUCTS: Final = (
    _virtual("V-USD-1", "Virtual USD", "49990110"),
    _virtual("V-USD-STRICT", "Virtual USD, verified holders", "49990120", preconditions=_STRICT),
    Product(
        id="P-USD-1",
        name="Physical USD",
        kind=ProductKind.PHYSICAL,
        network=_NETWORK,
        bin="49990210",
        currency=_USD,
        recharge=_RANGE,
        preconditions=_PHYSICAL,
        extension=(
            ExtensionParameter("embossName", ExtensionType.STRING, required=True),
            ExtensionParameter("design", ExtensionType.INTEGER, required=False),
        ),
    ),
    _virtual(
        "V-USD-FIXED",
        "Virtual USD, fixed balance",
        "49990130",
        recharge=None,
        operations=_VIRTUAL - {CardOperation.RECHARGE, CardOperation.PASSWORD},
    ),
    _virtual("V-USD-NORANGE", "Virtual USD, no recharge range", "49990140", recharge=None),
    _virtual("V-USD-CLOSED", "Virtual USD, closed for opening", "49990150", open_for_opening=False),
    _virtual("V-USD-OFF", "Virtual USD, disabled", "49990160", enabled=False),
)
"""In the order of the catalogue; each stands for one thing that a merchant may want to try."""


class SandboxIssuerCatalogue:
    """Offers everything; fails where a fault is planted at `issuer.catalogue`."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def offered(self, product_ids: Collection[str]) -> frozenset[str]:
        """All of them. Raises ProviderRefused or ProviderUnavailable."""
        await self._faults.strike("issuer.catalogue")
        return frozenset(product_ids)
