"""The operations that a card's product offers. Pure."""

from bursar.cards.catalogue.model import CardOperation, Product
from bursar.cards.errors import CardOperationNotOffered


def check_offered(product: Product, operation: CardOperation) -> None:
    """Raises CardOperationNotOffered."""
    if operation not in product.operations:
        raise CardOperationNotOffered(product.id, operation.value)
