"""Traces exported with OpenTelemetry, by OTLP over HTTP. The variables are OpenTelemetry's own, and so are their rules.

The tracer is this process's alone and not registered with the library: what other packages would like to tell of a
request, which may be a secret, is never exported.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

from bursar import __version__
from bursar.kernel import spans
from bursar.kernel.extras import optional
from bursar.kernel.spans import TRACEPARENT, Attribute, Kind, Span

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""One of these names the collector; without either there are no traces."""
EXPORTED_WITHIN_S: Final = 3.0
"""The longest time that the end of a process waits for spans to be exported."""


def wants_traces(environment: Mapping[str, str]) -> bool:
    """True if a collector is named and nothing switches traces off."""
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    none = environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none"
    return not off and not none and any(environment.get(name) for name in ENDPOINTS)


@contextmanager
def exported(process: str, environment: Mapping[str, str], exporter: "SpanExporter | None" = None) -> Iterator[None]:
    """While entered, this process's spans are exported where the environment names a collector; what is left goes out
    at the end.

    `exporter` stands in place of OTLP. Raises ExtraMissing.
    """
    if exporter is None and not wants_traces(environment):
        yield
        return
    with optional("traces"):
        provider = _provider(process, exporter)
    spans.use(_Exporting(provider))
    try:
        yield
    finally:
        spans.use(None)
        _close(provider)


def _close(provider: "TracerProvider") -> None:
    """Export the rest, for a while: one that is away would hold up the end of a process for half a minute."""
    closing = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
    closing.start()
    closing.join(EXPORTED_WITHIN_S)


def _provider(process: str, exporter: "SpanExporter | None") -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    usual = {"service.name": f"bursar-{process}", "service.version": __version__}
    provider = TracerProvider(resource=Resource(usual).merge(_named_by_environment()), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    return provider


def _named_by_environment() -> Any:
    """OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which win over ours."""
    from opentelemetry.sdk.resources import OTELResourceDetector

    return OTELResourceDetector().detect()


class _Told:
    def __init__(self, span: Any) -> None:
        self._span = span

    def tell(self, name: str, value: Attribute) -> None:
        """Add an attribute."""
        self._span.set_attribute(name, value)


class _Exporting:
    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._tracer = provider.get_tracer("bursar", __version__)
        self._kinds = {kind.name.lower(): kind for kind in SpanKind}
        self._propagator = TraceContextTextMapPropagator()

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, Attribute]
    ) -> AbstractContextManager[Span]:
        """A span while it is entered."""
        return self._span(name, kind, parent, attributes)

    @contextmanager
    def _span(self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, Attribute]) -> Iterator[Span]:
        from opentelemetry.trace import Status, StatusCode

        above = None if parent is None else self._propagator.extract({TRACEPARENT: parent})
        with self._tracer.start_as_current_span(
            name, above, self._kinds[kind], attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Told(span)
            except BaseException as fault:
                span.set_attribute("error.type", type(fault).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def carried(self) -> str | None:
        """The span under way as a traceparent."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(TRACEPARENT)
