"""Every field of every route at its worst: path, query, form and JSON, one at a time and some at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import UUID

from tests.services.web.conftest import Site
from tests.services.web.routes import Route, list_routes
from tests.services.web.seed import CAMPAIGN, NOW, PRODUCT, an_id

MARK = "Kwikstaart"
# As bytes of an address or a form, still to be percent-encoded: some are no text at all.
WORST: Mapping[str, bytes] = {
    "nothing": b"",
    "NUL": f"{MARK}\0".encode(),
    "line feeds": f"{MARK}\r\nSet-Cookie: a={MARK}".encode(),
    "escape": f"\x1b[31m{MARK}\x7f".encode(),
    "23 digits": b"9" * 23,
    "minus 23 digits": b"-" + b"9" * 23,
    "5,000 digits": b"9" * 5_000,
    "2**63": str(2**63).encode(),
    "other digits": "²³٣".encode(),
    "not a number": b"NaN",
    "infinite": b"1e999",
    "year 1": b"0001-01-01",
    "year 9999": b"9999-12-31",
    "year 9999 with a moment": b"9999-12-31T23:59:59.999999+00:00",
    "year 0": b"0000-00-00",
    "accents": f"é{MARK}é".encode(),
    "not UTF-8": b"\xff\xfe" + MARK.encode(),
    "lone surrogate": b"\xed\xa0\x80" + MARK.encode(),
    "right to left": f"\u202e{MARK}\uffff\U0010ffff".encode(),
    "markup": f"<script>{MARK}</script>\"'".encode(),
    "SQL": f"'; DROP TABLE ledger; --{MARK}".encode(),
    "template": f"{{{{ {MARK} }}}} %s %({MARK})s".encode(),
    "another place": f"../../{MARK}".encode(),
    "elsewhere": f"//{MARK}.test/\\{MARK}".encode(),
    "long": (MARK * 250).encode(),
    "a name and a number": f"{MARK} 999990019".encode(),
    "an id": b"00000000-0000-4000-8000-000000000000",
    "nearly an id": b"00000000-0000-4000-8000-00000000000g",
}
# What a form shows again, beside what is wrong with it, so that nobody has to type it twice.
SHOWN_AGAIN = ("/praktijk/aanmelden", "/praktijk/vragen/{person}/verbeteren", "/noodinzage")


@dataclass(frozen=True)
class Attempt:
    """One request, and the fields that are not as they should be."""

    route: Route
    method: str
    path: str
    query: Mapping[str, bytes]
    form: Mapping[str, bytes] | None
    spoilt: Mapping[str, str]  # field: name of what it holds

    @property
    def address(self) -> str:
        """The path with its query."""
        return self.path + (f"?{encode(self.query)}" if self.query else "")

    def __str__(self) -> str:
        return f"{self.method} {self.route.template} with {dict(self.spoilt)}"


@dataclass(frozen=True)
class Fields:
    """What a route takes, by where it stands."""

    route: Route
    in_path: tuple[str, ...]
    in_query: tuple[str, ...]
    in_form: tuple[str, ...] | None  # None: it takes no form
    good: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.in_path, *self.in_query, *(self.in_form or ()))

    def attempt(self, site: Site, spoilt: Mapping[str, str], proof: str) -> Attempt:
        """A request with these fields spoilt and the others as a page of ours sends them."""

        def value(name: str) -> bytes:
            return WORST[spoilt[name]] if name in spoilt else self.good.get(name, b"")

        path = self.route.template
        for name in self.in_path:
            own = quote(value(name), safe="") or "%20" if name in spoilt else ids_of(site)[name]
            path = path.replace(f"{{{name}}}", own)
        form = None
        if self.in_form is not None:
            form = {name: value(name) for name in self.in_form} | {"proof": proof.encode()}
            form |= {"proof": WORST[spoilt["proof"]]} if "proof" in spoilt else {}
        query = {name: value(name) for name in self.in_query if name in spoilt}
        return Attempt(self.route, self.route.method, path, query, form, spoilt)


def encode(fields: Mapping[str, bytes]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())


def ids_of(site: Site) -> dict[str, str]:
    return {
        "plan": str(site.home.plan),
        "person_id": str(site.home.patients[site.home.practices[0]][0]),
        "person": str(site.home.patients[site.home.practices[0]][0]),
        "number": "1",
        "visit": str(an_id("GG2514", "visit")),
        "edit": str(UUID(int=5)),
        "extra_stop": str(an_id("GG2514", "extra stop")),
        "shift": str(an_id("GG2514", "shift")),
        "scenario": str(UUID(int=1)),
        "search": str(UUID(int=1)),
        "message": str(UUID(int=1)),
        "location": str(site.home.locations[0]),
        "session": "00000000-0000-4000-8000-000000000003",
        "upload": str(UUID(int=7)),
        "glass": str(UUID(int=7)),
        "alert": str(UUID(int=8)),
    }


def good_of(site: Site) -> dict[str, bytes]:
    """What our own pages send."""
    said = {
        "code": "ABCD-EFGH-JKLM",
        "persoon": str(site.home.patients[site.home.practices[0]][0]),
        "oordeel": "terecht",
        "toelichting": "zo afgesproken",
        "reden": "de weg is dicht",
        "weer_vanaf": "2021-02-20",
        "partij": f"{site.home.post} {PRODUCT} FK8912",
        "doses": "99",
        "antwoord": "verschillend",
        "person": str(site.home.patients[site.home.practices[0]][0]),
        "campaign": str(CAMPAIGN),
        "counts": "1",
        "why": "zoals afgesproken",
        "given_name": "Anna",
        "family_name": "van Testa",
        "day": "1",
        "month": "1",
        "year": str(NOW.year - 90),
        "postcode": "3511AB",
        "location": "Lindeplein GG2514, Utrecht (3511)",
        "indication": "age_80",
        "answer": "self",
        "form": "oral",
        "role": "practice",
        "region": "GG2514",
        "organisation": str(site.home.practices[0]),
        # what a planner changes by hand
        "wat": "window",
        "vanaf_dag": "2021-02-17",
        "vanaf_tijd": "08:00",
        "tot_dag": "2021-02-17",
        "met": str(an_id("GG2514", "another visit")),
        "wijziging": "later",
        "team": str(an_id("GG2514", "team")),
        "van": "2021-02-17",
        "tot": "2021-02-17",
        "om": "09:00",
        "locatie": str(site.home.locations[0]),
        "spoed": "U2",
        "kunde": "crisis",
        "minuten": "30",
        "over": "regels",
        "campagne": str(CAMPAIGN),
        "dagen": "5",
        "schuif": "2",
        "tijd": "15",
        "tekst": "Voornaam;Achternaam;Geboortedatum;Postcode",
    }
    return {name: value.encode() for name, value in said.items()}


def fields_of(site: Site) -> list[Fields]:
    """What every route of pages and API takes; JSON apart."""
    found = []
    for route in list_routes(site):
        needs = route.route.dependant
        body = [one.alias for one in needs.body_params if "Form" in type(one.field_info).__name__]
        takes = getattr(route.endpoint, "takes", None)
        form = tuple(body) if body else takes
        if takes is not None:
            form = (*takes, "proof")
        in_query = tuple(one.alias for one in needs.query_params)
        in_path = tuple(one.alias for one in needs.path_params)
        found.append(Fields(route, in_path, in_query, form, good_of(site)))
    return found


def one_by_one(fields: Fields) -> Iterator[dict[str, str]]:
    """Each field at each of its worst."""
    for name in fields.names:
        for worst in WORST:
            yield {name: worst}


def by_chance(fields: Fields, rng: Random, count: int) -> Iterator[dict[str, str]]:
    """Some fields at once."""
    names = list(fields.names)
    for _ in range(count if names else 0):
        chosen = rng.sample(names, rng.randint(1, len(names)))
        yield {name: rng.choice(list(WORST)) for name in chosen}


def complaints(attempt: Attempt, status: int, text: str, headers: Any) -> Iterator[str]:
    """What is wrong with an answer."""
    if status >= 500:
        yield f"{attempt}: {status}"
    if "set-cookie" in headers and MARK in str(headers["set-cookie"]):
        yield f"{attempt}: a header of the sender's"
    shown = attempt.route.template in SHOWN_AGAIN and status == 422
    if status >= 400 and not shown and (MARK in text or "9" * 23 in text):
        yield f"{attempt}: {status} repeats what was sent"
    if status in (400, 422) and len(attempt.spoilt) == 1 and not shown:
        (name,) = attempt.spoilt
        if name not in text:
            yield f"{attempt}: {status} does not name the field"
