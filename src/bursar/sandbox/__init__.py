"""The sandbox: everything that plays the outside world or moves time, and a tester's hand on it.

It stands on the same ports and services as any outside. Nothing but the composition root imports it, so that an install
is complete without it.
"""
