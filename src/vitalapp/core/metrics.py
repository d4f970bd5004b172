"""What this process counts, for Prometheus; every label comes from a closed list, so that no person becomes one."""

from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

REQUESTS = Counter("vitalapp_requests", "Requests answered.", ["method", "route", "status_class"])
REQUEST_SECONDS = Histogram(
    "vitalapp_request_seconds",
    "Time from a request's first byte to its answer's last.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DROPPED_LOG_VALUES = Counter("vitalapp_dropped_log_values", "Values kept out of the log because they are not on its list.")

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"})

MEDIA_TYPE = CONTENT_TYPE_LATEST


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one request; `route` is its template."""
    requests, request_seconds = _request_series(known_method(method), route, f"{status // 100}xx")
    requests.inc()
    request_seconds.observe(seconds)


@cache
def _request_series(method: str, route: str, status_class: str) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, status_class), REQUEST_SECONDS.labels(method, route)


def known_method(method: str) -> str:
    """The method, or OTHER for what a client made up."""
    return method if method in _METHODS else "OTHER"


def render_metrics() -> bytes:
    """All metrics of this process in the text format of Prometheus."""
    return generate_latest()
