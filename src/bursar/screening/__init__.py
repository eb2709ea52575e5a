"""Screening: lists of sanctioned people and addresses, their comparison with ours, and hits that wait for a person."""
