"""Refusals of a message, where the caller must know more than that a provider failed."""

from bursar.kernel.errors import ProviderUnavailable


class GatewayUnreachable(ProviderUnavailable):
    """The message gateway cannot be reached or does not answer."""


class GatewayFailed(ProviderUnavailable):
    """The message gateway answered, but did not take the message; trying again later is right."""
