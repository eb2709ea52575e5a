"""The port that mail leaves by."""

from typing import Protocol


class Mail(Protocol):
    """Hands one mail to somebody who delivers it."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send plain text to one address.

        Raises ProviderRefused when it will never be taken, GatewayUnreachable or GatewayFailed when it may be later.
        After either of the two it is not known whether it went out.
        """
        ...
