"""The calls that a case makes, as the documentation shows them: which, with which parameters, and the code answered.

An id that an earlier answer has given stands as its name in braces, so that a reader sees where it comes from. Polling
is left out, and so is a repeat of the step before.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.card import CardClient, Sandbox
from tests.clients.payout import PayoutClient

from .case import Case

ROOT: Final = Path(__file__).parents[2]
RECORDED: Final = ROOT / "src/bursar/api/docs/calls.json"
FOLDER: Final = "BURSAR_TEST_RECORD"
"""The folder into which a run writes a file for each case; tools/record_calls.py makes RECORDED of them."""
POLLED: Final = frozenset({"GET clock"})
TEXT_MAX: Final = 160
"""Characters of a value that are shown."""
ID_LENGTH_MIN: Final = 5

Step = dict[str, Any]


class Recorder:
    """The steps since the last `begin`, from whatever thread."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._names: dict[str, str] = {}
        self._within = threading.local()

    def begin(self) -> None:
        """Another case begins; ids stay known, since scenes keep some for all cases."""
        self.steps = []

    @contextmanager
    def making(self, step: Step) -> Iterator[Step]:
        """One call, but for calls that it consists of."""
        if getattr(self._within, "call", False):
            yield {}
            return
        self._within.call = True
        step = self._shown(step)
        try:
            yield step
        finally:
            self._within.call = False
            if f"{step['call']}" not in POLLED and step != (self.steps[-1] if self.steps else None):
                self.steps.append(step)

    def learn(self, answered: Any, name: str = "") -> None:
        """Remember the ids in an answer by their names."""
        if isinstance(answered, Mapping):
            for key, value in answered.items():
                self.learn(value, key)
        elif isinstance(answered, list):
            for value in answered[:3]:
                self.learn(value, name)
        elif _is_id(answered) and name:
            self._names.setdefault(str(answered), f"{{{name}}}")

    def _shown(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._shown(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return [self._shown(member) for member in value]
        if isinstance(value, str):
            named = "/".join(self._names.get(part, part) for part in value.split("/"))
            return named if len(named) <= TEXT_MAX else named[:TEXT_MAX] + "…"
        if _is_id(value):
            return self._names.get(str(value), value)
        return value if isinstance(value, int | float | bool | None) else str(value)


def _is_id(value: Any) -> bool:
    text = str(value)
    return isinstance(value, str | int) and text.isdigit() and len(text) >= ID_LENGTH_MIN


recorder: Final = Recorder()


@pytest.fixture(scope="session", autouse=True)
def recording() -> Iterator[None]:
    """The clients tell the recorder while tests of codes run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CardClient, "call", _telling(CardClient.call, "card", lambda path, *_: f"POST {path}"))
        patch.setattr(CardClient, "upload", _telling(CardClient.upload, "card", lambda *_: "POST common/file/upload"))
        patch.setattr(PayoutClient, "get", _telling(PayoutClient.get, "payout", lambda path, *_: f"GET {path}"))
        patch.setattr(PayoutClient, "post", _telling(PayoutClient.post, "payout", lambda path, *_: f"POST {path}"))
        patch.setattr(PayoutClient, "upload", _telling(PayoutClient.upload, "payout", lambda path, *_: f"POST {path}"))
        patch.setattr(Sandbox, "request", _controlling(Sandbox.request))
        yield


def _telling(call: Callable[..., Any], api: str, named: Callable[..., str]) -> Callable[..., Any]:
    @wraps(call)
    def told(client: Any, *args: Any, **options: Any) -> Any:
        sent = next((dict(value) for value in args if isinstance(value, Mapping)), {})
        request_id = options.get("request_id") or (args[2] if len(args) > 2 else None)
        named_id = {"request_id": request_id} if isinstance(request_id, str) else {}
        with recorder.making({"api": api, "call": named(*args), "sent": sent, **named_id}) as step:
            answer = call(client, *args, **options)
            step["code"] = answer.code
            recorder.learn(answer.data)
        return answer

    return told


def _controlling(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def told(sandbox: Sandbox, method: str, path: str, body: Any = None, **query: str) -> Any:
        with recorder.making({"api": "sandbox", "call": f"{method} {path}", "sent": body or query}) as step:
            answer = call(sandbox, method, path, body, **query)
            step["got"] = recorder._shown(answer)
            recorder.learn(answer)
        return answer

    return told


def raw(api: str, method: str, path: str, sent: Any) -> Any:
    """Around a request that is broken on purpose."""
    return recorder.making({"api": api, "call": f"{method} {path}", "sent": sent, "raw": True})


def check(api: str, case: Case[Any, Any]) -> None:
    """The documentation shows the last call as the case made it; or, where a run records, writes all of them down."""
    steps = list(_with_shared_ids(recorder.steps))
    if folder := os.environ.get(FOLDER):
        target = Path(folder) / f"{api}-{case.name}.json"
        target.write_text(json.dumps({"api": api, "case": case.name, "steps": steps}, ensure_ascii=False))
        return
    shown = json.loads(RECORDED.read_text("utf-8"))[api].get(case.name)
    assert shown, f"run tools/record_calls.py: {case.name} has no recorded calls"
    assert _essence(shown) == _essence(steps), "run tools/record_calls.py: the documentation shows other calls"


def _with_shared_ids(steps: list[Step]) -> Iterator[Step]:
    """The steps with the request ids that several of them have, by names; an id that one has alone says nothing."""
    ids = [step.get("request_id") for step in steps]
    shared = [each for each in dict.fromkeys(ids) if each is not None and ids.count(each) > 1]
    for step in steps:
        kept = {name: value for name, value in step.items() if name != "request_id"}
        named = step.get("request_id")
        yield {**kept, "request_id": f"request-{shared.index(named) + 1}"} if named in shared else kept


def _essence(steps: list[Step]) -> tuple[Any, ...]:
    """The last call to the API that counts, with the codes of all that have its request id: of two at once, either may
    be the last, and two that are too late for each other are followed by two others.
    """
    last = next(step for step in reversed(steps) if step["api"] != "sandbox")
    sent, shared = last["sent"], last.get("request_id")
    parameters = sorted(sent) if isinstance(sent, dict) else sent
    alike = [step for step in steps if shared and step.get("request_id") == shared] or [last]
    return last["api"], last["call"], parameters, {step.get("code") for step in alike}, bool(shared)
