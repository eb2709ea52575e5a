"""A bureau."""

from tests.decisions.conftest import bureau

__all__ = ["bureau"]
