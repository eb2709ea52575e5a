"""The verification password on the wire. A password is any text here: what is wrong with one has a code of its own."""

from pydantic import Field

from bursar.api.card.schemas.wire import Asked, Text


class PasswordSet(Asked):
    password: Text = Field(repr=False)
    confirm_password: Text = Field(repr=False)


class PasswordUpdate(Asked):
    old_password: Text = Field(repr=False)
    new_password: Text = Field(repr=False)
    confirm_password: Text = Field(repr=False)


class PasswordStatus(Asked):
    enabled: bool
    password: Text = Field(repr=False)
