"""The sandbox: the outside that it plays, and a tester's hand on it."""
