"""Traces through HTTP and event headers (W3C Trace Context). Spans are sent only where an exporter is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from opentelemetry import context, propagate, trace

_tracer = trace.get_tracer("duoge")


def configure(service: str, endpoint: str | None) -> None:
    """Sends spans to `endpoint` (OTLP over HTTP). RuntimeError when it is set and the `otel` extra is missing."""
    if endpoint is None:
        return
    if find_spec("opentelemetry.exporter") is None:
        raise RuntimeError("设了 DUOGE_OTLP_ENDPOINT，但没有安装 otel 组件，请安装 duoge[otel]")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"duoge-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, parent: str | None = None) -> Iterator[None]:
    """A span that continues `parent` (a traceparent header), if one is given."""
    remote = propagate.extract({"traceparent": parent}) if parent else context.get_current()
    with _tracer.start_as_current_span(name, context=remote):
        yield


def current_trace() -> str | None:
    """The traceparent to put on an event, or None outside any trace."""
    found = trace.get_current_span().get_span_context()
    if not found.is_valid:
        return None
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"
