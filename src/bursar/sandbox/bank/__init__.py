"""The sandbox's bank: accounts about which is known beforehand what comes of payments to them."""

from bursar.sandbox.bank.accounts import SandboxTestAccounts
from bursar.sandbox.bank.bank import SandboxBank

__all__ = ["SandboxBank", "SandboxTestAccounts"]
