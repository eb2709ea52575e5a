"""The program that makes the documentation's pages; `renderer.py` starts it, and ends it when nobody reads any more.

Its first frame holds the documents; each further one is a path. An answer is a line of JSON and then the content,
compressed; an address alone is where a path without content leads.
"""

import gzip
import hashlib
from collections.abc import Callable
from functools import partial

import orjson

from bursar.api.docs.contents import Contents
from bursar.api.key_program import run


def begin(documents: bytes) -> Callable[[bytes], bytes | None]:
    """The answers of the site that is made of the documents, as `pages.py` packs them."""
    read = orjson.loads(gzip.decompress(documents))
    return partial(_answer, Contents.of({name: (path, document) for name, path, document in read}))


def _answer(contents: Contents, path: bytes) -> bytes | None:
    found = contents.at(path.decode("utf-8"))
    if found is None:
        elsewhere = contents.elsewhere(path.decode("utf-8"))
        return None if elsewhere is None else orjson.dumps({"elsewhere": elsewhere})
    told = {
        "media_type": found.media_type,
        "headers": found.headers,
        "tag": hashlib.sha256(found.content).hexdigest()[:32],
    }
    return orjson.dumps(told) + b"\n" + gzip.compress(found.content, mtime=0)


if __name__ == "__main__":
    run(begin)
