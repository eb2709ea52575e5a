"""An install as whoever runs it sees it: one trace from a request to its push, a line for each request."""

import gzip
import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.clients.card import WebhookReceiver
from tests.observation.expressions import OF_PROMETHEUS, expressions, read_by

from .install import Install, until
from .scene import Scene

TOLD = {"id", "method", "route", "status", "code", "merchant", "ms", "received", "sent", "address", "trace"}
TRACE, ABOVE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Collector:
    """An OpenTelemetry collector, as far as OTLP over HTTP goes."""

    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    @property
    def spans(self) -> list[tuple[str, Any]]:
        """Each span that has come in, with the name of its service."""
        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                named = {each.key: each.value.string_value for each in resource.resource.attributes}
                found += [(named["service.name"], span) for scope in resource.scope_spans for span in scope.spans]
        return found

    def of_trace(self, trace: str) -> dict[str, tuple[str, Any]]:
        """Service and span of one trace, by the span's name."""
        return {span.name: (service, span) for service, span in self.spans if span.trace_id.hex() == trace}


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            assert self.path == "/v1/traces"
            collector.bodies.append(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing is said."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield collector
        server.shutdown()
        serving.join()


@pytest.fixture(scope="module")
def install(stopped: Install, collector: Collector) -> Install:
    """The module's install, with everything switched on."""
    stopped.env |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "BURSAR_REQUEST_LOG": "on",
    }
    stopped.start()
    return stopped


class Listening(WebhookReceiver):
    """A receiver that keeps the traces of what it is pushed."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene.client.keys)
        self.traces: list[str | None] = []

    def receive(self, headers: Mapping[str, str], body: str) -> int:
        self.traces.append({name.lower(): value for name, value in headers.items()}.get("traceparent"))
        return super().receive(headers, body)


@pytest.fixture(scope="module")
def receiver(scene: Scene) -> Iterator[Listening]:
    with Listening(scene) as receiver:
        scene.sandbox.set_card_webhook(receiver.url)
        yield receiver


def merchant(scene: Scene) -> int:
    """The number of the sandbox merchant."""
    return int(scene.install.value("SELECT merchant_id FROM merchant"))


def call(scene: Scene, path: str, params: Mapping[str, Any], trace: str) -> httpx2.Response:
    """A request within somebody's trace."""
    prepared = scene.client.prepare(path, params)
    headers = {**prepared.headers, "traceparent": f"00-{trace}-{ABOVE}-01"}
    return httpx2.post(prepared.url, headers=headers, content=prepared.content, timeout=60)


def test_one_trace_leads_from_a_request_to_its_push(scene: Scene, receiver: Listening, collector: Collector):
    card = scene.recharged_card("10")
    answer = call(scene, "card/operate/recharge", {"cardId": card, "amount": "25"}, TRACE)
    assert answer.json()["code"] == 0, answer.text
    assert "traceparent" not in answer.headers
    until(lambda: any(TRACE in (trace or "") for trace in receiver.traces), "the push")
    whole = {"request", "job cards.recharge", "issuer.recharge", "job webhooks.push", "push"}
    until(lambda: whole <= collector.of_trace(TRACE).keys(), "the spans")
    found = collector.of_trace(TRACE)
    service, request = found["request"]
    assert (service, request.parent_span_id.hex()) == ("bursar-api", ABOVE)
    attributes = {each.key: each.value for each in request.attributes}
    assert attributes["http.route"].string_value == "/api/v1/card/operate/recharge"
    assert attributes["http.response.status_code"].int_value == 200
    assert (attributes["bursar.code"].int_value, attributes["bursar.merchant"].int_value) == (0, merchant(scene))
    above = {span.span_id: (service, span) for service, span in found.values()}

    def way(span: Any) -> list[str]:
        _, over = above.get(span.parent_span_id, ("", None))
        return [span.name] + (way(over) if over is not None else [])

    pushed = way(found["push"][1])
    assert pushed[0] == "push"
    assert pushed[-1] == "request"
    assert [name for name in pushed if name.startswith("job ")] == ["job webhooks.push", "job cards.recharge"]
    assert found["issuer.recharge"][0] == "bursar-worker"
    traceparents = [trace for trace in receiver.traces if trace and TRACE in trace]
    pushes = {span.span_id.hex() for _, span in collector.spans if span.name == "push"}
    assert {trace[36:52] for trace in traceparents} <= pushes


def test_what_is_exported_holds_no_secret(scene: Scene, collector: Collector):
    card = scene.recharged_card("10")
    shown = scene.ok("card/sensitive", {"cardId": card})
    call(scene, "card/sensitive", {"cardId": card}, "a" * 32)
    until(lambda: collector.of_trace("a" * 32), "the span")
    whole = b"".join(collector.bodies).decode("latin-1")
    keys = scene.client.keys
    for secret in (keys.secret_key, keys.api_key, shown["cardNumber"], "Amelia", "PRIVATE KEY"):
        assert secret not in whole
    assert "card/sensitive" in whole


def lines(install: Install) -> list[dict[str, Any]]:
    logged = [line for line in install.logged().splitlines() if '"event": "request"' in line]
    return [json.loads(line) for line in logged]


def test_each_request_is_one_line(scene: Scene, install: Install):
    card = scene.recharged_card("10")
    answer = scene.call("card/balance", {"cardId": card}, request_id="logged-1")
    refused = scene.call("card/balance", {"cardId": "9"}, request_id="logged-2")
    until(lambda: {"logged-1", "logged-2"} <= {line["id"] for line in lines(install)}, "the lines")
    (one,) = [line for line in lines(install) if line["id"] == "logged-1"]
    (other,) = [line for line in lines(install) if line["id"] == "logged-2"]
    assert one.keys() == TOLD | {"event", "level", "timestamp", "process"}
    told = {name: one[name] for name in ("method", "route", "status", "code", "merchant", "address", "process")}
    assert told == {
        "method": "POST",
        "route": "/api/v1/card/balance",
        "status": 200,
        "code": answer.code,
        "merchant": merchant(scene),
        "address": "127.0.0.1",
        "process": "api",
    }
    assert one["received"] > 0
    assert one["sent"] > 0
    assert (other["code"], other["merchant"]) == (refused.code, merchant(scene))
    assert refused.code != 0


def test_a_request_that_nobody_serves_is_a_line_without_its_path(install: Install):
    httpx2.get(f"{install.base_url}/card-4111111111111111?pin=593172", timeout=30)
    httpx2.post(f"{install.base_url}/api/v1/4111111111111111", timeout=30)
    until(lambda: [line for line in lines(install) if line["status"] == 404], "the line")
    logged = install.logged()
    assert "4111111111111111" not in logged
    assert "593172" not in logged


def test_no_line_holds_a_secret_or_a_body(scene: Scene, install: Install):
    for line in lines(install):
        assert scene.client.keys.api_key not in json.dumps(line)
        assert scene.client.keys.secret_key not in json.dumps(line)
        assert "Amelia" not in json.dumps(line)


def scraped(url: str) -> tuple[dict[str, str], dict[str, set[str]]]:
    """The kind of each metric of a process, and the labels of those that have a value."""
    text = httpx2.get(f"{url}/metrics", timeout=30).text
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    labels = {
        name: set(re.findall(r'(\w+)="', told or ""))
        for name, told in re.findall(r"^(bursar_\w+)(?:\{(.*)\})? \S+$", text, re.MULTILINE)
    }
    return kinds, labels


def test_alerts_and_dashboards_read_what_is_scraped(scene: Scene, install: Install, receiver: Listening):
    scene.recharged_card("10")
    api, worker = scraped(install.metrics_url), scraped(install.worker_metrics_url)
    kinds, labels = {**api[0], **worker[0]}, {**api[1], **worker[1]}
    series = {name for name, kind in kinds.items() if kind != "histogram"}
    histograms = kinds.keys() - series
    series |= {f"{name}{part}" for name in histograms for part in ("_bucket", "_sum", "_count")}
    for where, expression in expressions().items():
        for one in read_by(expression):
            assert one.metric == "up" or one.metric in series, where
            if one.metric in labels:
                assert one.values.keys() <= labels[one.metric] | OF_PROMETHEUS, where
    told = {one.metric for expression in expressions().values() for one in read_by(expression)} & labels.keys()
    assert len(told) > 25  # most of them have a value already


def test_the_metrics_of_each_process_are_its_own(scene: Scene, install: Install):
    _, api = scraped(install.metrics_url)
    _, worker = scraped(install.worker_metrics_url)
    for name in ("bursar_build_info", "bursar_clock_skew_seconds", "bursar_pool_connections", "bursar_key_process_up"):
        assert name in api
        assert name in worker or name == "bursar_key_process_up"
    assert {"bursar_requests_total", "bursar_request_seconds_bucket", "bursar_ledger_operations_total"} <= api.keys()
    assert {"bursar_cover", "bursar_cover_difference", "bursar_jobs_run_total"} <= worker.keys()
    assert "bursar_provider_calls_total" in worker
    assert "bursar_cover" not in api


def test_metrics_hold_nothing_that_a_client_chose(scene: Scene, install: Install):
    scene.call("card/balance", {"cardId": "chosen-by-a-client"}, request_id="chosen-id")
    httpx2.post(f"{install.base_url}/api/v1/chosen-path", timeout=30)
    for url in (install.metrics_url, install.worker_metrics_url):
        text = httpx2.get(f"{url}/metrics", timeout=30).text
        assert "chosen" not in text
        assert scene.client.keys.api_key not in text
        assert scene.client.keys.secret_key not in text
