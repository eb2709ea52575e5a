"""Clients of both merchant APIs for tests: written by hand, without code of the service or of the SDKs."""
