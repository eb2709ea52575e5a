"""Requests and answers of the merchant users' API that the operator API does not have."""
