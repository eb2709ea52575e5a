"""src/bursar/api/docs/codes.json and the command's causes.json: the published codes, for the pages and the command.

Each with its text in three languages and its cases in the tests: the endpoint, a cause, and the client's remedy.
"""

import json
from typing import Any

from bursar.api.card.translations import Language
from bursar.api.card.translations import text as card_text
from bursar.api.payout.translations import text as payout_text
from reference_codes import REFERENCES, Reference, brings

TEXTS: Any = {"card": card_text, "payout": payout_text}


def render() -> str:
    """The file's text; raises CodeWithoutCase."""
    lists = {reference.folder: _codes(reference) for reference in REFERENCES}
    return json.dumps(lists, ensure_ascii=False, indent=1) + "\n"


def command() -> str:
    """For the merchants' command: of each code the causes and remedies, by endpoint; raises CodeWithoutCase."""
    lists = {
        reference.folder: {
            str(code.number): [[case.endpoint, brings(case), case.client] for case in cases]
            for _, codes in reference.by_chapter()
            for code, cases in codes
        }
        for reference in REFERENCES
    }
    return json.dumps(lists, ensure_ascii=False, indent=1) + "\n"


def _codes(reference: Reference) -> dict[str, Any]:
    return {
        str(code.number): {
            "text": {language.value: TEXTS[reference.folder](code, language) for language in Language},
            "chapter": chapter,
            "cases": [
                {"name": case.name, "endpoint": case.endpoint, "brings": brings(case), "client": case.client}
                for case in cases
            ],
        }
        for chapter, codes in reference.by_chapter()
        for code, cases in codes
    }
