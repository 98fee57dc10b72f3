"""Structured log lines on stderr: text for a terminal, JSON where BARTER_LOG_FORMAT=json; those of libraries too."""

import logging
import os
import sys

import structlog


def setup(level: str = "info") -> None:
    """Configure once, at the start of a process."""
    as_json = os.environ.get("BARTER_LOG_FORMAT") == "json"
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        # With rich at hand the default would show local variables: tasks' environments hold secrets.
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()])


def logger(component: str) -> structlog.typing.FilteringBoundLogger:
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=component)
    return bound


class _Libraries(logging.Handler):
    """What a library says through `logging`, under its logger's name."""

    def emit(self, record: logging.LogRecord) -> None:
        logger(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)
