"""The most codes and passwords that are sent, by the settings."""

from bursar.customers.binding.model import code_velocity
from bursar.install.settings import Settings
from bursar.messages.velocity import Velocity


def codes_of(settings: Settings) -> Velocity:
    """Of codes that bind an address or a number to a customer."""
    return code_velocity(settings.otp_per_merchant, settings.otp_per_prefix)


def passwords_of(settings: Settings) -> Velocity:
    """Of one-time passwords."""
    return Velocity("", settings.otp_per_merchant, settings.otp_per_prefix)
