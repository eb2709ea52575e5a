"""The table of control calls, as the server makes it."""

from typing import Final
from unittest.mock import Mock

from bursar.sandbox.control.route import ControlRoute
from bursar.sandbox.control.routes import Control

ROUTES: Final = [route for route in Control(Mock()).router().routes if isinstance(route, ControlRoute)]
CALLS: Final = [(method, route.path, route) for route in ROUTES for method in route.methods or ()]


def path_of(route: ControlRoute, value: str = "1") -> str:
    """A path of the call, each id being `value`."""
    return route.path_format.format(**{parameter.name: value for parameter in route.dependant.path_params})
