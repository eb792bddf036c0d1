"""Return records for people and for the practice's own system: a row of an import file, a text for the waarneembericht."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from events.local_time import AMSTERDAM
from services.returns.record import Record

ICPC: Final = "R44"  # immunisation, as practices file a vaccination
KINDS: Final = {"given": "nieuw", "corrected": "vervangt", "retracted": "vervalt"}
# No public specification of a HIS import exists: names that every HIS knows by one of its aliases.
COLUMNS: Final = (
    *("BSN", "Achternaam", "Voornaam", "Geboortedatum", "Postcode", "Huisnummer"),
    *("Datum", "Tijd", "Product", "HPK", "Batchnummer", "Dosis", "ICPC", "CIMS", "Uitvoerder", "AGB uitvoerder"),
    *("Soort", "Kenmerk vaccinatie", "Kenmerk bericht"),
)  # fmt: skip
# What a spreadsheet would take for a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def to_csv(records: Iterable[Record]) -> str:
    """A file with a row for each record: semicolons, dates as 15-02-2021, and a mark by which spreadsheets see UTF-8."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([guard(cell) for cell in to_cells(record)] for record in records)
    return "\ufeff" + file.getvalue()


def guard(cell: str) -> str:
    """A cell that no spreadsheet works out."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def to_cells(record: Record) -> list[str]:
    """One row."""
    person, at = record.person, record.given_at.astimezone(AMSTERDAM)
    performer = record.performer
    return [
        person.bsn or "",
        person.family_name,
        person.given_name,
        "-".join(reversed(person.birth_date.isoformat().split("-"))),
        person.postcode,
        person.house_number,
        f"{at:%d-%m-%Y}",
        f"{at:%H:%M}",
        record.vaccine.name,
        record.vaccine.hpk or "",
        record.lot or "",
        str(record.dose_no),
        ICPC,
        say_opt_in(record),
        performer.name if performer else "",
        (performer.agb or "") if performer else "",
        KINDS[record.kind],
        str(record.dose),
        str(record.message),
    ]


def say_opt_in(record: Record) -> str:
    """Whether the person agreed that the register hears who they are."""
    return "" if record.opt_in is None else "ja" if record.opt_in else "nee"


def to_note(record: Record) -> str:
    """A short text for the waarneembericht, whose head says who it is about: no name stands in it."""
    at = record.given_at.astimezone(AMSTERDAM)
    code = f" (HPK {record.vaccine.hpk})" if record.vaccine.hpk else ""
    batch = f", batch {record.lot}" if record.lot else ""
    what = (
        f"{at:%d-%m-%Y} {at:%H:%M} uur: {record.vaccine.name}{code}{batch}, dosis {record.dose_no}"
    )
    heads = {
        "given": "Gevaccineerd door het mobiele prikteam",
        "corrected": "Correctie, vervangt het eerdere bericht over deze vaccinatie",
        "retracted": "Vervalt, deze vaccinatie telt niet; graag uit het dossier halen",
    }
    lines = [f"{heads[record.kind]}. {what}."]
    if record.performer is not None:
        agb = f" (AGB {record.performer.agb})" if record.performer.agb else ""
        lines.append(f"Uitvoerder: {record.performer.name}{agb}.")
    lines.append(f"ICPC {ICPC}.")
    if record.opt_in is not None and record.kind != "retracted":
        lines.append(f"Toestemming voor CIMS: {say_opt_in(record)}.")
    lines.append(f"Kenmerk {record.dose}.")
    return " ".join(lines)
