"""The texts of our messages. The code comes first, so that a lock screen shows it."""

from typing import Final

BINDING_SUBJECT: Final = "Your verification code"


def binding(code: str, minutes: int) -> str:
    """The text for a customer who is to show that an address or number is theirs."""
    return f"{code} is your verification code. It expires in {minutes} minutes. Do not share it with anybody."


def one_time_password(code: str, product: str, minutes: int) -> str:
    """The text for a person whom a merchant asks for a one-time password under a product's name."""
    return f"{code} is your {product} code. It expires in {minutes} minutes. Do not share it with anybody."
