"""The keys of the install on the wire: generations, steps, and the move to another master key."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Book, Change, ListQuery, Wire
from bursar.kernel.keys import GENERATION_MAX, Generation, KeyKind, KeyState
from bursar.keys.model import KEPT_DAYS, KEPT_DAYS_MAX
from bursar.vault.coverage import Coverage

Number = Annotated[int, Field(ge=1, le=GENERATION_MAX, examples=[1])]
KeptDays = Annotated[int, Field(ge=0, le=KEPT_DAYS_MAX, examples=[KEPT_DAYS])]


class KeyQuery(ListQuery):
    """A page of generations of keys."""

    owner: Book | None = None
    """The merchant whose keys they are; 0: the install's own. All unless it is given."""
    sort: Literal["owner"] = "owner"
    """The order: by owner, kind and generation."""


class SystemKeyQuery(ListQuery):
    """A page of the generations of one owner's keys."""

    sort: Literal["kind"] = "kind"
    """The order: by kind and generation."""


class KeyOut(Wire):
    """A generation of a key, without its secret half."""

    owner: Book
    """The merchant whose key it is; 0: the install's own."""
    kind: Annotated[str, Field(examples=[KeyKind.PAYOUT_SYSTEM.value])]
    """The kind of the key."""
    generation: Number
    """Counts from 1 for each owner and kind."""
    state: KeyState
    """`next` and `retiring` are accepted beside the `active` one, `retired` is not."""
    until: datetime | None
    """The instant from which a retiring one is retired; null: until somebody retires it."""
    public: str | None
    """Its public half in Base64, or the id of a master key; null for a key that has neither."""
    made_at: datetime
    """The instant when it was made."""
    made_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor who made it."""
    changed_at: datetime
    """The instant of its last step."""
    changed_by: Annotated[str, Field(examples=["staff:17"])]
    """The actor of its last step."""

    @classmethod
    def of(cls, one: Generation, now: datetime) -> "KeyOut":
        """A generation rendered."""
        return cls(
            owner=one.merchant_id,
            kind=one.kind,
            generation=one.generation,
            state=one.state_at(now),
            until=one.until,
            public=one.public,
            made_at=one.made_at,
            made_by=one.made_by,
            changed_at=one.changed_at,
            changed_by=one.changed_by,
        )


class KeptIn(Change):
    """A rotation of a merchant's pair."""

    kept_days: KeptDays = KEPT_DAYS
    """Days for which the one before goes on opening, and signing callbacks."""


class RetireIn(Change):
    """The end of a generation of a merchant's pair."""

    generation: Number
    """One that is retiring, or next."""


class KeyIn(Change):
    """A step with a key."""

    kind: KeyKind
    """The kind of the key."""
    owner: Book = 0
    """The merchant whose key it is; 0: the install's own."""

    @property
    def said(self) -> dict[str, Any]:
        """As the arguments of the action have it."""
        return {"kind": self.kind.value, "merchant": self.owner}


class KeyRotateIn(KeyIn):
    """A rotation of a key."""

    kept_days: KeptDays = KEPT_DAYS
    """Days for which the one before goes on being accepted."""


class KeyRetireIn(KeyIn):
    """The end of a generation of a key."""

    generation: Number
    """One that is retiring, or next."""


class RewrapOut(Wire):
    """The way of the data keys to the present master key of the process that answers."""

    key_id: Annotated[str, Field(examples=["9f0c2a7e5b1d3c4f"])]
    """The id of that master key, as the list of keys has it in `public`."""
    keys: int
    """Data keys that were looked at."""
    moved: int
    """Those that are wrapped under it."""
    is_whole: bool
    """All data keys were looked at."""

    @classmethod
    def of(cls, coverage: Coverage) -> "RewrapOut":
        """A count rendered."""
        return cls(key_id=coverage.key_id, keys=coverage.keys, moved=coverage.covered, is_whole=coverage.is_whole)
