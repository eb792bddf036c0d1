"""Compares released schemas with the current ones and names every incompatible change.

Inward nothing may shrink: whatever the released version allowed, and the ledger may hold, must still be understood.
Outward nothing may grow except by new fields: readers of the released version must understand what we send.
A constraint that cannot be compared, such as another pattern, counts as incompatible.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from typing_extensions import override

from events.schemas import OWN, Schema

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
SAME = ("pattern", "format", "uniqueItems", "multipleOf")


@dataclass(frozen=True, slots=True)
class Break:
    """One incompatible change: the type, the field and what changed."""

    kind: str
    path: str
    change: str

    @override
    def __str__(self) -> str:
        return f"{self.kind}: {self.path or '(whole)'}: {self.change}"


@dataclass(frozen=True, slots=True)
class Part:
    """A schema together with the document that its references point into."""

    schema: Schema
    document: Schema

    def inside(self, schema: object) -> "Part":
        """A sub-schema, with its reference resolved."""
        assert isinstance(schema, dict)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            definitions = self.document["$defs"]
            assert isinstance(definitions, dict)
            return self.inside(definitions[reference.removeprefix("#/$defs/")])
        return Part(schema, self.document)

    def branches(self) -> list["Part"]:
        """The alternatives of this schema; itself when it has none."""
        either = self.schema.get("anyOf", self.schema.get("oneOf"))
        if not isinstance(either, list):
            return [self]
        return [branch for one in either for branch in self.inside(one).branches()]

    def named(self, word: str) -> dict[str, "Part"]:
        """The schemas under a word that holds names."""
        found = self.schema.get(word, {})
        assert isinstance(found, dict)
        return {name: self.inside(schema) for name, schema in found.items()}

    def required(self) -> set[str]:
        """Names of the fields that must be there; one with a default is filled in when it is not."""
        found = self.schema.get("required", [])
        assert isinstance(found, list)
        filled = {n for n, part in self.named("properties").items() if "default" in part.schema}
        return {str(name) for name in found} - filled


Step = tuple[str, str]  # path, change


def compare(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[Break]:
    """Every incompatible change between the schemas of all types; empty when there is none."""
    breaks: list[Break] = []
    for kind, old in sorted(released.items()):
        if (new := current.get(kind)) is None:
            breaks.append(Break(kind, "", "the type is no longer known"))
            continue
        steps = dict.fromkeys([*compare_facts(old, new), *compare_fields(old, new)])
        breaks += [Break(kind, path, change) for path, change in steps]
    return breaks


def compare_facts(old: Schema, new: Schema) -> Iterator[Step]:
    """Changes of who may send the type and of the topic that it leaves on."""
    before, now = old[OWN], new[OWN]
    assert isinstance(before, dict)
    assert isinstance(now, dict)
    senders, left = before["senders"], now["senders"]
    assert isinstance(senders, list)
    assert isinstance(left, list)
    for sender in senders:
        if sender not in left:
            yield "", f"{sender} may no longer say it"
    for fact in ("outward", "region_from"):
        if before[fact] is not None and before[fact] != now[fact]:
            yield "", f"{fact} was {before[fact]}, is {now[fact]}"


def compare_fields(old: Schema, new: Schema) -> Iterator[Step]:
    """Changes of the payload, inward and, for types that leave us, outward."""
    facts = old[OWN]
    assert isinstance(facts, dict)
    before, now = Part(old, old), Part(new, new)
    yield from find_lost_fields(before, now, "")
    yield from find_not_understood(before, now, "")
    if facts["outward"] is not None:
        yield from find_not_understood(now, before, "", word="may now be sent")


def find_lost_fields(before: Part, now: Part, path: str) -> Iterator[Step]:
    """Fields that were removed, at any depth."""
    for old in before.branches():
        fields = old.named("properties")
        fitting = [new for new in now.branches() if new.named("properties") or not fields]
        new_fields = {
            name: part for new in fitting for name, part in new.named("properties").items()
        }
        for name, part in fields.items():
            if name not in new_fields:
                yield join(path, name), "the field was removed or renamed"
            else:
                yield from find_lost_fields(part, new_fields[name], join(path, name))
        for word in ("items", "additionalProperties"):
            if isinstance(old.schema.get(word), dict):
                for new in fitting:
                    if isinstance(new.schema.get(word), dict):
                        yield from find_lost_fields(
                            old.inside(old.schema[word]),
                            new.inside(new.schema[word]),
                            join(path, "*"),
                        )


def find_not_understood(
    said: Part, reader: Part, path: str, word: str = "no longer accepted"
) -> Iterator[Step]:
    """Whatever the writer may send that the reader does not accept."""
    takers = reader.branches()
    for branch in said.branches():
        tried = [list(compare_branches(branch, taker, path, word)) for taker in takers]
        fitting = [
            steps
            for steps, taker in zip(tried, takers, strict=True)
            if find_type(taker) == find_type(branch)
        ]
        yield from min(fitting or tried, key=len)


def compare_branches(said: Part, reader: Part, path: str, word: str) -> Iterator[Step]:
    """The same for one alternative of the writer and one of the reader."""
    if not fits(find_type(said), find_type(reader)):
        yield path, f"type {find_type(said)} is {word} (the other side says {find_type(reader)})"
        return
    yield from compare_enumerations(said.schema, reader.schema, path, word)
    yield from compare_limits(said.schema, reader.schema, path)
    yield from compare_objects(said, reader, path, word)
    for item in ("items", "additionalProperties", "propertyNames"):
        mine, theirs = said.schema.get(item), reader.schema.get(item)
        if isinstance(mine, dict) and isinstance(theirs, dict):
            yield from find_not_understood(
                said.inside(mine), reader.inside(theirs), join(path, "*"), word
            )
        elif isinstance(theirs, dict):
            yield join(path, "*"), "anything was possible here, now it is limited"
    yield from compare_tuples(said, reader, path, word)


def compare_objects(said: Part, reader: Part, path: str, word: str) -> Iterator[Step]:
    """Fields that the reader requires and the writer may omit, and changes of the fields that both know."""
    for name in sorted(reader.required() - said.required()):
        yield join(path, name), "the field is required"
    theirs = reader.named("properties")
    for name, part in said.named("properties").items():
        if name in theirs:
            yield from compare_defaults(part.schema, theirs[name].schema, join(path, name))
            yield from find_not_understood(part, theirs[name], join(path, name), word)


def compare_tuples(said: Part, reader: Part, path: str, word: str) -> Iterator[Step]:
    """Tuples must have equal lengths and compatible members."""
    mine, theirs = said.schema.get("prefixItems"), reader.schema.get("prefixItems")
    if not isinstance(mine, list) or not isinstance(theirs, list):
        return
    if len(mine) != len(theirs):
        yield path, f"{len(mine)} places on one side, {len(theirs)} on the other"
        return
    for place, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        yield from find_not_understood(
            said.inside(one), reader.inside(other), join(path, str(place)), word
        )


def compare_defaults(said: Schema, reader: Schema, path: str) -> Iterator[Step]:
    """An omitted field must keep its meaning: the default may not change."""
    if "default" in said and "default" in reader and said["default"] != reader["default"]:
        yield path, "the default is another"


def compare_enumerations(said: Schema, reader: Schema, path: str, word: str) -> Iterator[Step]:
    """Enumerations: the reader must know every member that may be sent."""
    mine, theirs = list_values(said), list_values(reader)
    if theirs is None:
        return
    if mine is None:
        yield path, "any value was possible, now there is a list"
        return
    for value in mine:
        if value not in theirs:
            yield path, f"member {value} is {word}"


def compare_limits(said: Schema, reader: Schema, path: str) -> Iterator[Step]:
    """Bounds and patterns: what is sent must lie within those of the reader."""
    for words, tighter in ((LOWER, 1), (UPPER, -1)):
        for word in words:
            mine, theirs = said.get(word), reader.get(word)
            if not isinstance(theirs, int | float):
                continue
            if not isinstance(mine, int | float) or (theirs - mine) * tighter > 0:
                yield path, f"{word} is tighter: {mine} and {theirs}"
    for word in SAME:
        if reader.get(word) is not None and reader.get(word) != said.get(word):
            yield path, f"{word} is another"


def list_values(schema: Schema) -> list[object] | None:
    """The values of an enumeration, None when any is possible."""
    if "const" in schema:
        return [schema["const"]]
    found = schema.get("enum")
    return list(found) if isinstance(found, list) else None


def find_type(part: Part) -> str:
    """The JSON type of a schema, `any` when it does not say."""
    return str(part.schema.get("type", "any"))


def fits(said: str, reader: str) -> bool:
    """Whether a value of this type is one of that type."""
    return reader in (said, "any") or (said, reader) == ("integer", "number")


def join(path: str, step: str) -> str:
    """One step further down."""
    return f"{path}.{step}" if path else step
