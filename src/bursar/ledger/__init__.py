"""The double-entry ledger: the only room that moves money, and the only writer of what a use case decides."""
