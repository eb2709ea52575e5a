"""Binding: a customer shows by a code that an email address or phone number is theirs."""
