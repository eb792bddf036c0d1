"""What faust's consumer has at this moment, as seen from outside its thread.

The thread starts, and partitions come and go, while we look. Faust and aiokafka raise then; for whoever looks it
means that there is nothing. An intake whose producer took longer than 0.2 s to connect ended for that (seen under
load: the watch asked before the thread had started).
"""

from collections.abc import Callable
from typing import Any

from faust.exceptions import ConsumerNotStarted
from faust.types import TP


def list_assigned(app: Any) -> frozenset[TP]:
    """The partitions of this process; none before faust's consumer has started."""
    try:
        return frozenset(app.consumer.assignment())
    except ConsumerNotStarted:
        return frozenset()


def read_highwater(app: Any, tp: TP) -> int | None:
    """The offset up to which records can be read; None before the first fetch, or when it was taken away."""
    return ask_end(lambda: app.consumer.highwater(tp))


def read_open_end(app: Any, tp: TP) -> int | None:
    """The offset after the last record that the broker has, in an open transaction or not; None as above."""
    return ask_end(lambda: app.consumer._thread.find_open_end(tp))  # noqa: SLF001 - faust knows one end only


def ask_end(asked: Callable[[], int | None]) -> int | None:
    """What the consumer answers; None while it can not."""
    try:
        high = asked()
    except (
        ConsumerNotStarted,
        AssertionError,
        AttributeError,
    ):  # aiokafka asserts that it is assigned
        return None
    return high
