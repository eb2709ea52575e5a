"""The sandbox's bank: accounts about which is known beforehand what comes of payments to them."""

from bursar.providers.sandbox_bank.accounts import SandboxTestAccounts
from bursar.providers.sandbox_bank.bank import SandboxBank

__all__ = ["SandboxBank", "SandboxTestAccounts"]
