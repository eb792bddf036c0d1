"""Eight looks for teams: colour, shape and line together; the name always stands beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

LOOKS: Final = ("vecht", "stad", "weide", "lek", "zeist", "heuvelrug", "eem", "vallei")
DASHES: Final = {
    "weide": "8 3",
    "lek": "2 3",
    "zeist": "10 3 2 3",
    "heuvelrug": "5 3",
    "vallei": "12 4",
}


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a team: colour, shape and dashes."""

    name: str
    style: str

    @property
    def dash(self) -> str:
        """The dashes of its line on the map; empty is a full line."""
        return DASHES.get(self.style, "")


def choose_looks(names: Mapping[UUID, str]) -> dict[UUID, Look]:
    """Choose a look for each team: the one named after it, else the next free one; after eight they repeat."""
    ordered = sorted(names.items(), key=lambda item: (item[1], item[0]))
    own = {short_name(name).casefold() for _, name in ordered}
    free = [look for look in LOOKS if look not in own] or list(LOOKS)
    looks: dict[UUID, Look] = {}
    taken = 0
    for team, name in ordered:
        style = short_name(name).casefold()
        if style not in LOOKS:
            style, taken = free[taken % len(free)], taken + 1
        looks[team] = Look(short_name(name), style)
    return looks


def short_name(name: str) -> str:
    """The name without the word team before it."""
    return name[5:].strip() or name if name.casefold().startswith("team ") else name
