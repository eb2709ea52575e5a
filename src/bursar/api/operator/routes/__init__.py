"""Endpoints of the operator API by resource; each calls one use case and renders."""
