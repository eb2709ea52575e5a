"""Refusals around a hardware module that opens master keys: each names what to look at, and tells no secret."""

from bursar.kernel.errors import CannotStart


class ModuleUnusable(CannotStart):
    """The module, its token or its PIN cannot be used."""


class ModuleKeyUnusable(CannotStart):
    """The key in the module cannot be used, or is not the one that has wrapped the master key."""
