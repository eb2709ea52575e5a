"""The beginning of all paths of the merchant users' API."""

from typing import Final

PREFIX: Final = "/merchant/v1"
