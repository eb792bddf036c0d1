"""Hypothesis strategies for every payload of the catalogue, drawn from the types of its fields."""

import types
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NewType, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import AwareDatetime, BaseModel

from events.catalogue import ENTRIES
from events.details import LOST
from events.extra_stops import StopOffered
from events.identifiers import Opening, Payload
from events.location import LocationConfirmed, OpenOn, VisitRequested
from events.organisations import DecisionRecorded, PolicyChanged
from events.reports import SMALL, refuse_recognisable
from events.supply import CampaignOpened, ProductCatalogued, TemperatureRead
from events.teams import (
    PinKind,
    ReserveListed,
    ShiftOpened,
    ShiftSwapped,
    StopGrouped,
    StopPinned,
    Validity,
)
from events.visits import TeamUnavailable
from tests.facts import uid

EARLY, LATE = datetime(1902, 1, 1), datetime(2197, 1, 1)  # noqa: DTZ001 - hypothesis wants naive bounds
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5))])
MOMENTS = st.datetimes(EARLY, LATE, timezones=ZONES)
# Few, and those of `SmallRegion`, so that facts are about the same things in the same weeks.
NAMES = ("p0", "p1", "wilg", "corona", "practice", "post", "team", "doctor", "delivery", "visit")
FEW_IDS = st.sampled_from([uid(name) for name in (*NAMES, "shift 2021-02-16")])
SOON = st.datetimes(datetime(2021, 2, 15), datetime(2021, 2, 20), timezones=ZONES)  # noqa: DTZ001
DAYS_SOON = st.dates(date(2021, 2, 1), date(2021, 3, 31))
FEW_PRODUCTS = st.sampled_from(["moderna", "pfizer"])
PRODUCT = r"^[a-z0-9_]{1,40}$"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def limits(metadata: list[Any]) -> dict[str, Any]:
    """Constraints of a field by name, whoever carries them."""
    found: dict[str, Any] = {}
    for one in metadata:
        for name in ("ge", "le", "min_length", "max_length", "pattern"):
            if getattr(one, name, None) is not None:
                found[name] = getattr(one, name)
        found |= limits(list(getattr(one, "metadata", [])))
    return found


def texts(bounds: dict[str, Any]) -> SearchStrategy[str]:
    longest = bounds.get("max_length", 64)
    if (pattern := bounds.get("pattern")) is None:
        return st.text(
            st.characters(codec="utf-8", exclude_characters=f"\0{LOST}"), max_size=longest
        )
    if pattern == PRODUCT:
        return FEW_PRODUCTS
    matching = st.from_regex(
        pattern.replace("$", r"\Z"),
        fullmatch=True,
        alphabet=st.characters(codec="utf-8", exclude_characters=LOST),
    )
    return matching.map(lambda text: text[:longest])


def plain(kind: type[Any], bounds: dict[str, Any]) -> SearchStrategy[Any]:
    """A value of a type without parts."""
    made: dict[type[Any], Callable[[], SearchStrategy[Any]]] = {
        bool: st.booleans,
        str: lambda: texts(bounds),
        int: lambda: st.integers(bounds.get("ge", 0), bounds.get("le", 2**40)),
        float: lambda: st.floats(bounds.get("ge", 0), bounds.get("le", 1e6)),
        UUID: lambda: FEW_IDS | st.uuids(),
        AwareDatetime: lambda: SOON | MOMENTS,
        date: lambda: DAYS_SOON | st.dates(date(1990, 1, 1), date(2100, 1, 1)),
        time: lambda: st.times(),
    }
    return made[kind]()


def some(annotation: Any, bounds: dict[str, Any]) -> SearchStrategy[Any]:
    """A value that fits this annotation."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, NewType):
        return some(annotation.__supertype__, bounds)
    if origin is Annotated:
        fitting = some(parts[0], bounds | limits(list(parts[1:])))
        return fitting.map(enough) if parts[0] is int and hides_few(parts[1:]) else fitting
    if origin in (Union, types.UnionType):
        return st.one_of(*(some(part, bounds) for part in parts))
    if annotation is types.NoneType:
        return st.none()
    if origin is not None:
        return container(origin, parts, bounds)
    if issubclass(annotation, StrEnum):
        return st.sampled_from(list(annotation))
    if issubclass(annotation, BaseModel):
        return payloads(annotation)
    return plain(annotation, bounds)


def container(origin: Any, parts: tuple[Any, ...], bounds: dict[str, Any]) -> SearchStrategy[Any]:
    least = bounds.get("min_length", 0)
    if origin is frozenset:
        return st.frozensets(some(parts[0], {}), min_size=least, max_size=4)
    if origin is dict:
        return st.dictionaries(some(parts[0], {}), some(parts[1], {}), max_size=3)
    assert origin is tuple
    if parts[-1] is Ellipsis:
        most = min(3, bounds.get("max_length", 3))
        return st.lists(some(parts[0], {}), min_size=least, max_size=most).map(tuple)
    return st.tuples(*(some(part, {}) for part in parts))


def hides_few(metadata: tuple[Any, ...]) -> bool:
    return any(getattr(one, "func", None) is refuse_recognisable for one in metadata)


def enough(people: int) -> int:
    return people if people >= SMALL else 0


@cache
def payloads(kind: type[Any]) -> SearchStrategy[Any]:
    """Any payload of this type that keeps the rules between its fields."""
    fields = {
        name: some(Annotated[field.annotation, *field.metadata], {})
        if field.metadata
        else some(field.annotation, {})
        for name, field in kind.model_fields.items()
    }
    return st.fixed_dictionaries(fields).map(
        lambda values: kind(**in_order(kind, with_limits(kind, values)))
    )


def in_order(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """The values with those put in order that must be."""
    if issubclass(kind, CampaignOpened):
        names = ("min_days", "ideal_days", "max_days")
        return values | dict(zip(names, sorted(values[name] for name in names), strict=True))
    if issubclass(kind, ProductCatalogued):
        names = ("min_days", "ideal_days", "max_days")
        days = [values[name] for name in names]
        whole = [None] * 3 if None in days else sorted(days)
        return values | dict(zip(names, whole, strict=True))
    if issubclass(kind, Opening | OpenOn):
        return values | {"begins": time(8), "ends": values["ends"].replace(hour=17)}
    if issubclass(kind, Validity):
        return values | {"valid_until": values["valid_from"] + DAY}
    if issubclass(kind, ShiftOpened | StopGrouped):
        return values | {"ends_at": values["starts_at"] + HOUR}
    if issubclass(kind, TeamUnavailable):
        return values | {"ends_at": values["begins_at"] + HOUR}
    if issubclass(kind, VisitRequested):
        return values | {"latest": values["earliest"] + HOUR}
    return in_order_of_later_types(kind, values)


def with_limits(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Of a policy: limits that can be kept together; of a pin: what its kind holds."""
    if issubclass(kind, StopPinned):
        return values | of_one_kind(values)
    if not issubclass(kind, PolicyChanged):
        return values
    duty = values["max_duty_minutes"]
    return values | {
        "max_week_minutes": max(duty, values["max_week_minutes"]),
        "freeze_minutes": min(values["freeze_minutes"], values["horizon_days"] * 1440 - 1),
        "answer_minutes": min(values["answer_minutes"], duty - 1),
    }


def of_one_kind(values: dict[str, Any]) -> dict[str, Any]:
    """Of a pin: what its kind holds, and nothing of another kind."""
    begins = values["not_before"]
    is_window = values["kind"] is PinKind.WINDOW and begins is not None
    is_order = values["kind"] is PinKind.ORDER and values["behind"] is not None
    whole = values["kind"] not in (PinKind.WINDOW, PinKind.ORDER)
    return {
        "kind": values["kind"] if is_window or is_order or whole else PinKind.VISIT,
        "not_before": begins if is_window else None,
        "not_after": begins + HOUR if is_window else None,
        "behind": values["behind"] if is_order else None,
    }


def in_order_of_later_types(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    if issubclass(kind, StopOffered):
        return values | {"ends_at": values["starts_at"] + HOUR}
    if issubclass(kind, ReserveListed):
        return values | {"reachable_until": values["reachable_from"] + HOUR}
    if issubclass(kind, LocationConfirmed):
        begins = values["wishes_from"]
        return values | {"wishes_until": None if begins is None else begins + HOUR}
    if issubclass(kind, DecisionRecorded):
        if values["campaign_id"] is None or values["person_id"] is None:
            return values | {"person_id": None, "doses_counted": None}
        return values
    if issubclass(kind, ShiftSwapped):
        return values | {"shifts": tuple({one.shift_id: one for one in values["shifts"]}.values())}
    if issubclass(kind, TemperatureRead):
        depot = values["depot_id"] or (None if values["team_id"] else uid("post"))
        team = None if depot else values["team_id"]
        excursion = values["excursion"] and bool(values["lots"])
        return values | {"depot_id": depot, "team_id": team, "excursion": excursion}
    return values


ANY_PAYLOAD: SearchStrategy[Payload] = st.sampled_from(ENTRIES).flatmap(
    lambda entry: payloads(entry.payload)
)
