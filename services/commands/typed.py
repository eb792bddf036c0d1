"""What a person types for a region or a day on the command line, read before anything starts."""

import re
import unicodedata
from datetime import date
from typing import Annotated, Final, TypeAlias

import typer

from events.identifiers import NATIONAL
from services.web.outlines import read_region_names

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2099, 12, 31)


def find_region(text: str) -> str:
    """The code of a GGD region that is named by its code or its name. Raises BadParameter, which lists them all."""
    names = read_region_names()
    wanted = text.strip()
    if wanted.upper() in names:
        return wanted.upper()
    found = [code for code, name in names.items() if shorten(name) == shorten(wanted)]
    if len(found) != 1:
        known = "\n".join(f"  {code}  {name}" for code, name in sorted(names.items()))
        raise typer.BadParameter(f"no GGD region has this code or name. Known are:\n{known}")
    return found[0]


def find_region_or_country(text: str) -> str:
    """As `find_region`; NL is the whole country. Raises BadParameter."""
    return NATIONAL if text.strip().upper() == NATIONAL else find_region(text)


def shorten(name: str) -> str:
    """A name without what it may be written with or without."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("&", "en"))
    short = re.sub(r"^\s*(ggd\s+)?(regio\s+)?", "", plain)
    return re.sub(r"[^a-z]", "", short)


def find_day(text: str | date) -> date:
    """A day such as 2021-02-15, or the default, which is one. Raises BadParameter."""
    if isinstance(text, date):
        return text
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            "this is no day: write year, month and day, such as 2021-02-15"
        ) from None
    if not FIRST <= found <= LAST:
        raise typer.BadParameter(f"a day from {FIRST} to {LAST} is wanted")
    return found


HELP: Final = "GGD region: its code or its name, such as GG2514 or Utrecht"
Region: TypeAlias = Annotated[str, typer.Option(parser=find_region, metavar="REGION", help=HELP)]
Regions: TypeAlias = Annotated[
    list[str],
    typer.Option(parser=find_region_or_country, metavar="REGION", help=HELP + ", or NL"),
]
