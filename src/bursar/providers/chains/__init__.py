"""Chains: EVM and TRON nodes, and signers."""
