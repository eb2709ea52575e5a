"""Faults that a tester plants on the sending side of the sandbox's webhooks."""
