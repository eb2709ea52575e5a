"""The port that text messages leave by."""

from typing import Protocol


class Sms(Protocol):
    """Hands one message to the mobile network."""

    async def send(self, to: str, text: str) -> str:
        """Send `text` to a number in E.164; the id that receipts (`Receipts.status_of`) are found by.

        Raises ProviderRefused when it will never be taken, GatewayUnreachable or GatewayFailed when it may be later.
        After either of the two it is not known whether it went out.
        """
        ...
