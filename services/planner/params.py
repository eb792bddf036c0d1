"""Every number that decides when a region is planned, each with its reason or its measurement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadingParams:
    """When a region counts as loading, and how long that may keep it without a plan."""

    # Facts of a region within the window that are a load. Intake brings 8,000 to 10,000 a second
    # (docs/speed.md) and an import as many; what teams and practices of a region say by hand in a busy
    # hour is less than ten a second, and a storm of 100 a second must be answered.
    facts: int = 300
    window_seconds: float = 1.0

    # Records that intake has yet to read from which on it is behind: it stores at most 2,000 in one
    # transaction, so fewer are read within the next second.
    records_behind: int = 500

    # With intake behind, fewer facts of the region itself are a load: what is behind may be another's.
    facts_when_behind: int = 50

    # Heartbeats older than these seconds say nothing of what waits now; intake beats each second.
    heartbeat_seconds: float = 3.0

    # A region that people have visits in is planned after this long, however many facts come: a sick
    # team does not wait for an import.
    longest_seconds: float = 10.0

    # One without any visit waits longer, as nobody goes by its plan yet: the demo's 16,500 facts take
    # 5 to 20 s on two busy cores, a region ten times as large a minute or two.
    longest_first_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class AnswerParams:
    """How an event is answered."""

    # Seconds of the second answer to an event. With about a second for the first, and half a second to
    # check and store this one, it is seen within four.
    better_seconds: float = 2.0

    # Seconds without new facts before a plan that moves what stands is looked for: a person has to
    # judge it, and a region whose facts still come would have it replaced before anybody looked.
    offer_after_seconds: float = 30.0


DEFAULT = LoadingParams()
ANSWERS = AnswerParams()
