"""Requests, whatever they ask for: answered once, with a nonce or an id that counts once, within a rate, on record."""
