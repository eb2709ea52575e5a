"""The program that compares names: requests and answers as JSON documents, one a line.

It knows no database and no keys, has no environment, and a limit of memory; rigour's dictionary takes 400 MB of it.
`{"clear": true}` empties the index, `{"add": [[entry, name, organisation], …]}` adds names, and `{"find": [[name,
organisation], …], "score_min": 0.9}` answers for each name its likenesses: `[entry, name, score, explanation]`.
"""

import os
import resource
import sys
from collections.abc import Mapping
from typing import Any, Final

import orjson

from bursar.screening.names.index import Index, ListedName

MEMORY_BYTES: Final = 4 * 1024 * 1024 * 1024
NICENESS: Final = 5


def main() -> int:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    index = Index()
    for line in sys.stdin.buffer:
        asked = orjson.loads(line)
        if asked.get("clear"):
            index = Index()
        sys.stdout.buffer.write(orjson.dumps(answer(index, asked)) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def answer(index: Index, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request other than `clear`."""
    index.add(ListedName(entry_id, text, organisation) for entry_id, text, organisation in asked.get("add", ()))
    score_min = asked.get("score_min", 1.0)
    found = [index.find(text, score_min, organisation=organisation) for text, organisation in asked.get("find", ())]
    shown = [
        [(one.entry_id, one.text, one.likeness.score, one.likeness.explanation) for one in matches] for matches in found
    ]
    return {"names": len(index), "found": shown}


if __name__ == "__main__":
    raise SystemExit(main())
