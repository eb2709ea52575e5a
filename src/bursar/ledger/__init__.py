"""The double-entry ledger: the only room that moves money, and the only writer of use cases' decisions."""
