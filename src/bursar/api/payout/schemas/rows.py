"""Rows of a batch: one that does not fit its schema is kept as what stands against it, and shown with the others."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import ValidationError, WrapValidator

from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Blames
from bursar.api.payout.errors import refusal_of, refusal_of_parameters
from bursar.api.payout.schemas.wire import Wire
from bursar.kernel.errors import Fact

NOTHING_ELSE: Final[Blames] = {}


def tolerant(missing: Blames = NOTHING_ELSE) -> WrapValidator:
    """Lets a row that does not fit be a Refusal; `missing` as in an endpoint's declaration."""

    def read(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as invalid:
            return refusal_of_parameters(invalid, missing, NOTHING_ELSE)

    return WrapValidator(read)


class RowOut(Wire):
    """What came of one row; `id` is the new number, empty if there is none."""

    index: int
    code: int
    message: str
    id: str = ""


def code_of(said: BaseException) -> Code:
    """The published code of what stands against a row."""
    if isinstance(said, Refusal):
        return said.code
    if isinstance(said, Fact):
        return refusal_of(said, {}).code
    raise TypeError(f"{type(said).__name__} is not said of a row")


def rows_of(rows: Sequence[int | BaseException | None]) -> list[RowOut]:
    """All rows, in order of the request."""
    return [_row(index, row) for index, row in enumerate(rows)]


def _row(index: int, row: int | BaseException | None) -> RowOut:
    code = code_of(row) if isinstance(row, BaseException) else Code.SUCCESS
    return RowOut(index=index, code=code.number, message=code.text, id=str(row) if isinstance(row, int) else "")
