"""The sandbox's bank: test accounts whose payments have an end that is known beforehand."""

from bursar.sandbox.bank.accounts import SandboxTestAccounts
from bursar.sandbox.bank.bank import SandboxBank

__all__ = ["SandboxBank", "SandboxTestAccounts"]
