"""Writes a synthetic region as the CSV files that `prikploeg import` takes."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from services.importing.layout import Table
from services.importing.organisations import INSTITUTIONS, ORGANISATIONS
from services.importing.registrations import REGISTRATIONS
from services.importing.supply import CAMPAIGNS, PRODUCTS, SUPPLY
from services.importing.teams import CREW, ORDERS, ROSTERS, TEAMS
from services.simulator.institutions import Institution
from services.simulator.region import FIRST_DAY, SyntheticRegion
from services.simulator.residents import Answer, Resident

Cells = dict[str, str]
CAMPAIGN = "covid19-klein-2021"
PRODUCT = "spikevax_red_2021"
# Values with their sources, as collected for the catalogue: a starting point for a pharmacist, not advice.
PRODUCT_CELLS: Cells = {
    "product": PRODUCT,
    "name": "Moderna 0,2 mg/ml (rode dop, 2021)",
    "doses_per_container": "10",
    "open_minutes": "360",
    "transport_minutes": "720",
    "fridge_days": "30",
    "open_may_travel": "nee",
    "snomed": "1119349007",
    "hpk": "2924536",
    "source": "https://extranet.who.int/pqweb/vaccines/covid-19-mrna-vaccine-nucleoside-modified",
    "source_date": "2021-04-30",
    "approved_by": "Oefening: geen echte goedkeuring",
}
CAMPAIGN_CELLS: Cells = {
    "campaign": CAMPAIGN,
    "name": "COVID-19 kleine instellingen",
    "products": PRODUCT,
    "doses": "2",
    "min_days": "28",
    "ideal_days": "28",
    "max_days": "42",
    "seconds_per_person": "180",
    "observation_minutes": "15",
    "setup_minutes": "10",
    "pack_minutes": "10",
    "long_slot_minutes": "10",
    # In 2021 the second delivery was only announced when the first came: there was no stock to reserve for second doses.
    "reserve_next_dose": "ja",
    "priorities": "age_90:90 age_80:75 medical:60 wlz:55 other:40",
    "source": "https://www.nd.nl/nieuws/varia/1016449/who-zes-weken-tussen-eerste-en-tweede-prik-moderna-is-mogelijk",
    "source_date": "2021-01-26",
    "approved_by": "Oefening: geen echte goedkeuring",
}


def write(folder: Path, region: SyntheticRegion) -> tuple[Path, ...]:
    """Writes the files of a region: the same bytes for the same region. Replaces existing files."""
    folder.mkdir(parents=True, exist_ok=True)
    contents: tuple[tuple[Table, Iterable[Cells]], ...] = (
        (ORGANISATIONS, organisation_rows(region)),
        (INSTITUTIONS, (institution_row(one) for one in region.institutions)),
        (TEAMS, team_rows(region)),
        (ROSTERS, roster_rows(region)),
        (CREW, crew_rows(region)),
        (ORDERS, order_rows(region)),
        (PRODUCTS, [PRODUCT_CELLS]),
        (CAMPAIGNS, [CAMPAIGN_CELLS | {"opens_on": opens_on(region.start)}]),
        (SUPPLY, supply_rows(region)),
        (REGISTRATIONS, registration_rows(region)),
    )
    return tuple(write_table(folder, table, rows) for table, rows in contents)


def write_table(folder: Path, table: Table, rows: Iterable[Cells]) -> Path:
    """Writes one file, with those columns of its table that any row fills."""
    filled = list(rows)
    used = {name for row in filled for name in row}
    columns = [column.name for column in table.columns if column.name in used]
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(filled)
    return path


def opens_on(start: date) -> str:
    """The campaign opened on 25 January 2021, three weeks before the first day of the story."""
    return (start - (FIRST_DAY - date(2021, 1, 25))).isoformat()


def organisation_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Posts, their depots and the practices."""
    for post in region.geography.posts:
        place = {"postcode": str(post.pc4), "lat": str(post.lat), "lon": str(post.lon)}
        yield {"organisation": post.key, "kind": "post", "name": post.name} | place
        name = f"Voorraad {post.name}"
        yield {"organisation": post.depot, "kind": "depot", "name": name} | place
    for practice in region.practices:
        yield {
            "organisation": practice.key,
            "kind": "practice",
            "name": practice.name,
            "agb": practice.agb,
            "postcode": str(practice.pc4),
            "lat": str(practice.lat),
            "lon": str(practice.lon),
        }


def institution_row(institution: Institution) -> Cells:
    """One location."""
    return {
        "institution": institution.key,
        "name": institution.name,
        "sector": institution.sector.value,
        "postcode": institution.postcode,
        "municipality": institution.area.municipality,
        "lat": str(institution.lat),
        "lon": str(institution.lon),
        "residents": str(institution.residents),
        "opening": institution.opening,
        "closed_on": " ".join(day.isoformat() for day in institution.closed_on),
        "contact_known": flag(value=institution.contact_known),
        "seats": str(institution.seats),
    }


def team_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Teams."""
    for team in region.teams:
        skills = " ".join(skill.value for skill in team.skills)
        yield {"team": team.key, "post": team.post.key, "name": team.name, "skills": skills}


def roster_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Shifts."""
    for shift in region.shifts:
        yield {
            "shift": shift.key,
            "team": shift.team.key,
            "depot": shift.team.post.depot,
            "date": shift.day.isoformat(),
            "begins": f"{shift.hours.begins:%H:%M}",
            "ends": f"{shift.hours.ends:%H:%M}",
            "capacity": str(shift.capacity),
            "pause_minutes": str(shift.hours.pause_minutes),
            "crew": " ".join(f"{role.value}:{member}" for role, member in shift.crew),
        }


def crew_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Certificates."""
    for certificate in region.certificates:
        yield {
            "member": certificate.member,
            "role": certificate.role.value,
            "valid_from": certificate.valid_from.isoformat(),
            "valid_until": certificate.valid_until.isoformat(),
        }


def order_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Standing orders."""
    for order in region.orders:
        yield {
            "post": order.post.key,
            "product": PRODUCT,
            "ordered_by": order.ordered_by,
            "valid_from": order.valid_from.isoformat(),
            "valid_until": order.valid_until.isoformat(),
        }


def supply_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Deliveries."""
    for delivery in region.deliveries:
        row = {
            "delivery": delivery.key,
            "depot": delivery.post.depot,
            "product": delivery.product,
            "doses": str(delivery.doses),
        }
        day = delivery.day.isoformat()
        receipt = {"received_on": day, "lot": delivery.lot, "use_by": delivery.use_by.isoformat()}
        coming = {"expected_on": day, "confirmed": flag(value=True)}
        yield row | (receipt if delivery.received else coming)


def registration_rows(region: SyntheticRegion) -> Iterator[Cells]:
    """Registrations, one for each practice that registers a resident."""
    for resident in region.residents:
        for answer in resident.answers:
            yield registration_row(resident, answer)


def registration_row(resident: Resident, answer: Answer) -> Cells:
    """The registration of one resident by one practice."""
    consent = "" if answer.consent is None else answer.consent.value
    return {
        "bsn": resident.bsn or "",
        "given_name": resident.given_name,
        "family_name": resident.family_name,
        "birth_date": resident.birth_date.isoformat(),
        "postcode": resident.institution.postcode,
        "house_number": str(resident.institution.house_number),
        "practice": answer.practice.key,
        "campaign": CAMPAIGN,
        "institution": resident.institution.key,
        "indication": resident.indication.value,
        "needs": " ".join(need.value for need in resident.needs),
        "consent": consent,
        "consent_by": resident.giver.value if consent else "",
        "register_consent": ("given" if resident.shares else "refused") if consent else "",
        "judgement": resident.judgement.value,
        "not_before": "" if resident.not_before is None else resident.not_before.isoformat(),
        "observation_minutes": str(resident.observation_minutes or ""),
    }


def flag(*, value: bool) -> str:
    """`ja` or `nee`."""
    return "ja" if value else "nee"
