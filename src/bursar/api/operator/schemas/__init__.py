"""Requests and answers of the operator API by resource."""
