"""Spans as they are exported, and nothing at all where nobody exports."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bursar.kernel import spans
from bursar.kernel.due import carrying, parent_of
from bursar.observation import traces
from bursar.observation.traces import exported, wants_traces
from tests.worker.work import Numbered

TRACE, ABOVE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{ABOVE}-01"


def exported_spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_spans_below_a_traceparent_belong_to_its_trace():
    exporter = InMemorySpanExporter()
    with exported("test", {}, exporter):
        with spans.span("outer", "server", PARENT, {"bursar.merchant": 7}) as outer:
            outer.tell("bursar.code", 10002)
            carried = spans.carried()
            with spans.span("inner"):
                pass
        assert spans.carried() is None
    found = exported_spans(exporter)
    assert f"{found['outer'].context.trace_id:032x}" == TRACE
    assert found["outer"].parent is not None
    assert f"{found['outer'].parent.span_id:016x}" == ABOVE
    assert found["inner"].parent == found["outer"].context
    assert carried == f"00-{TRACE}-{found['outer'].context.span_id:016x}-01"
    assert dict(found["outer"].attributes or {}) == {"bursar.merchant": 7, "bursar.code": 10002}
    assert found["outer"].kind.name == "SERVER"
    assert found["outer"].resource.attributes["service.name"] == "bursar-test"


@pytest.mark.parametrize(
    "malformed", ["", "nonsense", f"00-{'0' * 32}-{ABOVE}-01", f"ff-{TRACE}-{ABOVE}-01", "\x00" * 55]
)
def test_a_malformed_traceparent_begins_a_trace_of_its_own(malformed: str):
    exporter = InMemorySpanExporter()
    with exported("test", {}, exporter), spans.span("request", "server", malformed):
        pass
    (span,) = exporter.get_finished_spans()
    assert span.parent is None
    assert f"{span.context.trace_id:032x}" not in (TRACE, "0" * 32)


def test_an_exception_tells_its_type_and_not_its_text():
    exporter = InMemorySpanExporter()
    with exported("test", {}, exporter), pytest.raises(ValueError, match="4111"), spans.span("refused"):
        raise ValueError("4111 1111 1111 1111")
    (span,) = exporter.get_finished_spans()
    assert (dict(span.attributes or {}), span.events) == ({"error.type": "ValueError"}, ())
    assert span.status.status_code.name == "ERROR"
    assert span.status.description is None


async def test_tasks_at_once_do_not_see_each_others_spans():
    exporter = InMemorySpanExporter()

    async def request(number: int) -> tuple[int, str]:
        with spans.span(f"request {number}"):
            await asyncio.sleep(0)
            return number, spans.carried() or ""

    with exported("test", {}, exporter):
        carried = dict(await asyncio.gather(*(request(number) for number in range(20))))
    found = exported_spans(exporter)
    assert len({traceparent[3:35] for traceparent in carried.values()}) == 20
    for number, traceparent in carried.items():
        assert traceparent[36:52] == f"{found[f'request {number}'].context.span_id:016x}"


def test_without_a_collector_there_is_nothing():
    with exported("test", {}):
        assert spans.tracer is None
        with spans.span("request") as span:
            span.tell("name", 1)
            assert spans.carried() is None
    assert spans.span("one") is spans.span("other", "server", PARENT)


class Away(InMemorySpanExporter):
    """A collector that never answers."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.asked.set()
        self.let_go.wait()
        return SpanExportResult.FAILURE


def test_a_collector_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(traces, "EXPORTED_WITHIN_S", 0.05)
    away = Away()
    with exported("test", {}, away), spans.span("lost"):
        pass
    assert spans.tracer is None  # and here we are, although nothing was exported
    assert away.asked.wait(30)
    away.let_go.set()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_opentelemetrys_own_variables_decide(environment: dict[str, str], wanted: bool):
    assert wants_traces(environment) is wanted


def test_a_document_of_work_carries_its_trace_past_its_reader():
    document = Numbered(3).document()
    assert carrying(document, None) == document
    carried = carrying(document, PARENT)
    assert parent_of(carried) == PARENT
    assert Numbered.read(carried) == Numbered(3)
    for other in (document, None, [], {"traceparent": 7}):
        assert parent_of(other) is None
