"""Chains and signers, against a real node and a real token of hardware's kind."""
