from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any

import pytest

from events.canonical import find_younger_fields, to_canonical
from events.catalogue import CATALOGUE
from events.compatibility import Break, compare
from events.identifiers import Payload, Younger
from events.schemas import build_schema
from services.commands.contracts import find_broken, read

CONTRACTS = Path(__file__).resolve().parents[2] / "docs/contracts"
RELEASES = sorted(path for path in (CONTRACTS / "released").iterdir())
NOW: dict[str, Any] = {name: build_schema(entry) for name, entry in CATALOGUE.items()}


def test_nothing_that_was_released_is_broken():
    assert find_broken(CONTRACTS) == []


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_release_holds_a_schema_of_every_type_that_it_knew(release: Path):
    schemas = [read(file) for file in release.glob("*.json")]

    assert len(schemas) >= 44
    assert {schema["$id"] for schema in schemas} == {
        f"urn:prikploeg:{file.stem}" for file in release.glob("*.json")
    }


def after(kind: str, change: Callable[[Any], object]) -> list[Break]:
    """What breaks when the schema of this type changes so."""
    changed = deepcopy(NOW)
    change(changed[kind])
    return compare(NOW, changed)


def drop(name: str) -> Callable[[Any], object]:
    def change(schema: Any) -> None:
        del schema["properties"][name]
        schema["required"] = [one for one in schema["required"] if one != name]

    return change


def rename(old: str, new: str) -> Callable[[Any], object]:
    def change(schema: Any) -> None:
        schema["properties"][new] = schema["properties"].pop(old)
        schema["required"] = [new if one == old else one for one in schema["required"]]

    return change


def put(path: str, **words: Any) -> Callable[[Any], object]:
    """Other words of JSON Schema at this path; `...` takes one away."""

    def change(schema: Any) -> None:
        for step in path.split("."):
            schema = schema[int(step)] if isinstance(schema, list) else schema[step]
        for word, value in words.items():
            if value is ...:
                del schema[word]
            else:
                schema[word] = value

    return change


def require(name: str) -> Callable[[Any], object]:
    return lambda schema: schema["required"].append(name)


# type, what was done to its schema, the path that must be named
INWARD: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "a field is removed": ("patient.registered.v1", drop("birth_year"), "birth_year"),
    "an optional field is removed": ("patient.registered.v1", drop("needs"), "needs"),
    "a field is renamed": ("shift.opened.v1", rename("depot_id", "post_id"), "depot_id"),
    "a field inside a list is removed": ("shift.opened.v1", lambda s: drop("role")(s["$defs"]["CrewMember"]), "crew.*.role"),
    "a field inside an object is renamed": ("location.registered.v1", lambda s: rename("lat", "latitude")(s["$defs"]["Point"]), "point.lat"),
    "an optional field is made required": ("organisation.registered.v1", lambda s: (require("agb")(s), put("properties.agb", default=...)(s)), "agb"),
    "a new field is required": ("team.formed.v1", lambda s: (put("properties", base={"type": "string"})(s), require("base")(s)), "base"),
    "a type is narrowed": ("location.registered.v1", lambda s: put("properties.name", type="integer")(s), "name"),
    "null is no longer taken": ("organisation.registered.v1", lambda s: put("properties.postcode4", anyOf=[s["properties"]["postcode4"]["anyOf"][0]])(s), "postcode4"),
    "an enum member is removed": ("visit.requested.v1", lambda s: s["$defs"]["Urgency"]["enum"].remove("U5"), "urgency"),
    "an enum member in a set is removed": ("team.formed.v1", lambda s: s["$defs"]["Skill"]["enum"].remove("sedation"), "skills.*"),
    "a key of a mapping is removed": ("campaign.opened.v1", lambda s: s["$defs"]["Indication"]["enum"].remove("wlz"), "priorities.*"),
    "a maximum is lowered": ("shift.opened.v1", put("properties.capacity", maximum=100), "capacity"),
    "a minimum is raised": ("visit.requested.v1", put("properties.minutes", minimum=10), "minutes"),
    "a minimum appears": ("plan.proposed.v1", put("properties.seconds", minimum=0), "seconds"),
    "a text is shortened": ("location.registered.v1", put("properties.name", maxLength=40), "name"),
    "a pattern is another": ("delivery.received.v1", put("properties.lot", pattern="^[0-9]+$"), "lot"),
    "a pattern appears": ("shift.opened.v1", put("properties.shift_id", pattern="^a"), "shift_id"),
    "a format is another": ("delivery.received.v1", put("properties.use_by", format="date-time"), "use_by"),
    "a list needs members": ("shift.opened.v1", put("properties.crew", minItems=2), "crew"),
    "a list may hold fewer": ("order.given.v2", put("properties.product_ids", maxItems=2), "product_ids"),
    "a default is another": ("location.registered.v1", put("properties.seats", default=1), "seats"),
    "values of a mapping are narrowed": ("campaign.opened.v1", put("properties.priorities.additionalProperties", maximum=10), "priorities.*"),
    "a place of a tuple is narrowed": ("plan.proposed.v1", put("properties.as_of.prefixItems.0", minimum=1), "as_of.0"),
    "a sender is taken away": ("team.unavailable.v1", lambda s: s["x-prikploeg"]["senders"].remove("team"), ""),
    "the region comes from elsewhere": ("shift.opened.v1", put("x-prikploeg", region_from="national"), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", INWARD)
def test_a_change_that_takes_less_than_before_is_reported_by_its_field(name: str):
    kind, change, path = INWARD[name]

    breaks = after(kind, change)

    assert (kind, path) in {(one.kind, one.path) for one in breaks}
    assert {one.kind for one in breaks} == {kind}
    assert any(f"{kind}: {path or '(whole)'}: " in str(one) for one in breaks)


OUTWARD: dict[str, tuple[str, Callable[[Any], object], str]] = {
    "a field is no longer sent": ("visit.assigned.v1", drop("product_id"), "product_id"),
    "a field inside a list is no longer sent": ("visit.assigned.v1", lambda s: drop("dose_no")(s["$defs"]["PlannedPerson"]), "persons.*.dose_no"),
    "an enum member is added": ("dose.not_given.v1", lambda s: s["$defs"]["NotGiven"]["enum"].append("asleep"), "reason"),
    "a field may be null": ("visit.assigned.v1", lambda s: put("properties", team_id={"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]})(s), "team_id"),
    "a maximum is raised": ("dose.administered.v1", put("properties.dose_no", maximum=99), "dose_no"),
    "a format is gone": ("visit.assigned.v1", put("properties.starts_at", format=...), "starts_at"),
    "it goes to another topic": ("visit.assigned.v1", put("x-prikploeg", outward="out.other.v1"), ""),
    "it is no longer sent": ("visit.completed.v1", put("x-prikploeg", outward=None), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTWARD)
def test_a_change_that_readers_do_not_expect_is_reported_by_its_field(name: str):
    kind, change, path = OUTWARD[name]

    breaks = after(kind, change)

    assert (kind, path) in {(one.kind, one.path) for one in breaks}


HARMLESS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "an optional field is added": ("team.formed.v1", put("properties", base={"type": "string", "default": ""})),
    "a field is added to what goes out": ("visit.assigned.v1", lambda s: (put("properties", note={"type": "string", "default": ""})(s), require("note")(s))),
    "a sender is added": ("shift.opened.v1", lambda s: s["x-prikploeg"]["senders"].append("ggd")),
    "a member is added to what only comes in": ("visit.requested.v1", lambda s: s["$defs"]["Urgency"]["enum"].append("U6")),
    "a maximum is raised": ("shift.opened.v1", put("properties.capacity", maximum=9000)),
    "a field need not be said any more": ("visit.requested.v1", lambda s: (s["required"].remove("minutes"), put("properties.minutes", default=15)(s))),
    "words about it": ("visit.requested.v1", put("properties.minutes", description="how long")),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_nobody_notices_is_not_reported(name: str):
    kind, change = HARMLESS[name]

    assert after(kind, change) == []


class AsReleased(Payload):
    """A type as it was released."""

    minutes: int


class WithMore(AsReleased):
    """The same type later."""

    remark: Annotated[str | None, Younger()] = None


def test_a_younger_field_changes_nothing_of_what_was_said_before():
    before, after_it = AsReleased(minutes=5), WithMore(minutes=5)

    assert to_canonical(after_it) == to_canonical(before) == '{"minutes":5}'
    assert to_canonical(WithMore(minutes=5, remark="x")) == '{"minutes":5,"remark":"x"}'
    assert WithMore.model_validate_json(to_canonical(after_it)) == after_it


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_field_that_a_released_type_got_since_is_marked_as_younger(release: Path):
    unmarked = []
    for file in release.glob("*.json"):
        fields = CATALOGUE[file.stem].payload.model_fields
        known: Any = read(file)["properties"]
        younger = {name for name, _ in find_younger_fields(CATALOGUE[file.stem].payload)}
        unmarked += [f"{file.stem}: {name}" for name in set(fields) - set(known) - younger]

    assert unmarked == []


def test_a_type_that_is_gone_is_reported():
    without = {name: schema for name, schema in NOW.items() if name != "stop.pinned.v1"}

    assert [one.kind for one in compare(NOW, without)] == ["stop.pinned.v1"]


def test_the_newest_version_of_a_type_may_be_anything_when_the_former_is_still_read():
    assert "order.given.v1" in NOW
    assert compare({"order.given.v1": NOW["order.given.v1"]}, NOW) == []
