"""Facts of the console's own forms."""

from bursar.kernel.errors import Refused


class FieldUnusable(Refused):
    """A field of a form is missing, or not in the form that it has."""

    label: str
    """The name of the field in the visitor's language."""
