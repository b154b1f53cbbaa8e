"""Logs: one JSON object a line with what they are about; never a name, a phone number or a body."""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog

from services.kit.tracing import current_trace


class _Stderr:
    """The standard error of the moment; a log that cannot be written (closed, full disk) stops no order."""

    def write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(level: str, *, human: bool = False) -> None:
    """JSON for machines; `human` for somebody who runs the demo in a terminal."""
    stream = cast("TextIO", _Stderr())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False) if human else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=stream, format="%(levelname)s %(name)s %(message)s", force=True)
    # Hundreds of lines for each outage, which whoever uses the client tells already.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def _with_trace(
    logger: structlog.typing.WrappedLogger, method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    trace = current_trace()
    if trace is not None:
        event["trace"] = trace.split("-")[1]
    return event
