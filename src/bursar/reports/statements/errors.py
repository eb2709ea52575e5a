"""Refusals and faults of account statements."""

from bursar.kernel.errors import BrokenInvariant, Conflict, NotFound


class AccountStatementUnknown(NotFound):
    """There is no such statement."""

    statement_id: int


class AccountStatementPending(Conflict):
    """The statement is still being made."""

    statement_id: int


class AccountStatementDisagrees(BrokenInvariant):
    """Opening balance and entries of an account do not make its closing balance; the statement is not kept."""

    statement_id: int
    account: str
