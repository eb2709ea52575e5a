"""How totals of lists stay exact without counting all their rows.

`list_count` keeps how many rows of a list fall on a day, by kind, by rail or chain, and by status. Each row says itself
under which status it was counted (`counted`), and a partial index holds those for which that is not so, because they
are new or have moved on. A total is what was kept, less what the rows in that index were counted as, plus what they
are: exact in every snapshot, however many rows wait, whoever wrote them and whenever that is committed.

Workers take rows out of the index into the counts, a portion in one transaction. Nothing else writes either, so what
makes and moves rows neither waits for a count nor knows that there are any.
"""

from typing import Final

LEFT_OVER: Final = 1_000
"""Rows of a list, of all merchants, that may stay uncounted: most of them will move on soon."""
PORTION: Final = 500
"""Rows that are counted in one transaction, for some 15 ms; whoever wants to move one on waits so long at the most."""


def portion() -> dict[str, int]:
    """The parameters of a statement that counts."""
    return {"left_over": LEFT_OVER, "most": PORTION}
