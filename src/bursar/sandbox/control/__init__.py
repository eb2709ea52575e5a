"""The control API: how a tester plays everybody who is not the merchant. It exists in a sandbox install only."""
