"""Payees: whom a merchant pays, how they prove who they are, and which accounts of theirs are paid."""
