"""Metrics of one process in Prometheus text format, in a registry of their own, nothing global."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The counters, gauges and histograms of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self.requests = Counter(
            "prikploeg_requests",
            "HTTP requests by route and status",
            ("route", "status"),
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "prikploeg_request_seconds",
            "Seconds until the answer began, by route",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.listeners = Gauge(
            "prikploeg_listeners", "Browsers on the stream of changes", registry=self._registry
        )
        self._gauges: dict[str, Gauge] = {}

    def show(self, name: str, help_text: str, labels: dict[str, str], value: float) -> None:
        """Set a gauge, made at its first use; the names of the labels of one gauge never differ."""
        gauge = self._gauges.get(name)
        if gauge is None:
            gauge = Gauge(name, help_text, tuple(labels), registry=self._registry)
            self._gauges[name] = gauge
        (gauge.labels(**labels) if labels else gauge).set(value)

    def forget(self) -> None:
        """Clears the gauges of `show`: what is gone must not be reported for ever."""
        for gauge in self._gauges.values():
            gauge.clear()

    def text(self) -> bytes:
        """All metrics in Prometheus text format."""
        return generate_latest(self._registry)
