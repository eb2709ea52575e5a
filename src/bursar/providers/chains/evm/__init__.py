"""Chains whose nodes speak Ethereum's JSON-RPC."""
