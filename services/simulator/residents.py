"""Generates residents: birth dates, test BSNs, answers and assessments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from events.location import Sector
from events.practice import ConsentStatus, Giver, Indication, Judgement, SpecialNeed
from services.simulator.geography import Geography
from services.simulator.institutions import Institution, Practice
from services.simulator.names import family_name, given_name

WITHOUT_BSN = 0.05
TWO_PRACTICES = 0.015
CONSENT = {ConsentStatus.GIVEN: 92, ConsentStatus.REFUSED: 3, None: 4, ConsentStatus.WITHDRAWN: 1}
JUDGED = {
    Judgement.ELIGIBLE: 960,
    Judgement.TRIAGE: 17,
    Judgement.EXCLUDED: 11,
    Judgement.UNCERTAIN: 12,
}
GIVERS_ELDERLY = {
    Giver.SELF: 60,
    Giver.CHILD: 18,
    Giver.PARTNER: 6,
    Giver.AUTHORISED: 6,
    Giver.MENTOR: 10,
}
GIVERS_OTHER = {
    Giver.SELF: 35,
    Giver.CURATOR: 18,
    Giver.MENTOR: 25,
    Giver.PARENT: 15,
    Giver.SIBLING: 7,
}
NEEDS = {  # per thousand residents
    SpecialNeed.NEEDLE_FEAR: 20,
    SpecialNeed.LONG_SLOT: 18,
    SpecialNeed.LANGUAGE: 10,
    SpecialNeed.TWO_PERSONS: 8,
    SpecialNeed.SEDATION: 3,
}
# How much more likely people of an age are to live in such an institution than in the region at large: our assumption.
IN_CARE = {
    Sector.ELDERLY: (0.0, 0.6, 6.0, 16.0, 34.0, 45.0),
    Sector.DISABILITY: (1.0, 0.55, 0.1, 0.0, 0.0, 0.0),
    Sector.MENTAL_HEALTH: (1.0, 0.7, 0.2, 0.0, 0.0, 0.0),
    Sector.OTHER: (1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
}
CLASSES = ((20, 64), (65, 79), (80, 84), (85, 89), (90, 94), (95, 101))  # ages, as in the data


@dataclass(frozen=True, slots=True)
class Answer:
    """The answers that one practice registers for one resident."""

    practice: Practice
    consent: ConsentStatus | None


@dataclass(frozen=True, slots=True)
class Resident:
    """One invented person who lives in an institution, as one or two practices register them."""

    bsn: str | None
    given_name: str
    family_name: str
    birth_date: date
    institution: Institution
    answers: tuple[Answer, ...]
    giver: Giver
    shares: bool  # whether data goes to the national register
    indication: Indication
    needs: tuple[SpecialNeed, ...]
    judgement: Judgement
    not_before: date | None
    observation_minutes: int | None


def people(
    rng: Random, geography: Geography, institutions: Sequence[Institution], start: date
) -> tuple[Resident, ...]:
    """The residents of all institutions."""
    numbers, ages = test_bsns(rng), ages_by_sector(geography)
    return tuple(
        resident(rng, institution, ages[institution.sector], numbers, start)
        for institution in institutions
        for _ in range(institution.residents)
    )


def resident(
    rng: Random,
    institution: Institution,
    ages: Sequence[float],
    numbers: Iterator[str],
    start: date,
) -> Resident:
    """One resident; `ages` weighs the classes of age."""
    age = rng.randint(*rng.choices(CLASSES, ages)[0])
    birth_date = date(start.year - age - 1, 1, 1) + timedelta(days=rng.randrange(365))
    elderly = institution.sector is Sector.ELDERLY
    givers = GIVERS_ELDERLY if elderly else GIVERS_OTHER
    judgement = rng.choices(list(JUDGED), list(JUDGED.values()))[0]
    later = rng.random() < 0.02
    return Resident(
        bsn=None if rng.random() < WITHOUT_BSN else next(numbers),
        given_name=given_name(rng, age),
        family_name=family_name(rng),
        birth_date=birth_date,
        institution=institution,
        answers=answers(rng, institution.practices),
        giver=rng.choices(list(givers), list(givers.values()))[0],
        shares=rng.random() < 0.93,
        indication=indication(rng, birth_date, institution.sector, start),
        needs=tuple(need for need, often in NEEDS.items() if rng.random() * 1000 < often),
        judgement=judgement,
        not_before=start + timedelta(days=rng.randint(2, 24)) if later else None,
        observation_minutes=30 if rng.random() < 0.02 else None,
    )


def answers(rng: Random, practices: Sequence[Practice]) -> tuple[Answer, ...]:
    """Draws the answers that the own practice registers, and sometimes a second one; the two seldom disagree."""
    weights = [3, *[1] * (len(practices) - 1)]
    own = rng.choices(practices, weights)[0]
    consent = rng.choices(list(CONSENT), list(CONSENT.values()))[0]
    said = [Answer(own, consent)]
    if rng.random() < TWO_PRACTICES and len(practices) > 1:
        other = rng.choice([practice for practice in practices if practice != own])
        differs = rng.random() < 0.15
        said.append(Answer(other, ConsentStatus.REFUSED if differs else consent))
    return tuple(said)


def ages_by_sector(geography: Geography) -> dict[Sector, list[float]]:
    """Distribution of ages by sector: the region's own, weighted by who lives in such institutions."""
    areas = geography.areas
    counts = (
        sum(a.aged_20_64 for a in areas),
        sum(a.aged_65_79 for a in areas),
        sum(a.aged_80_84 for a in areas),
        sum(a.aged_85_89 for a in areas),
        sum(a.aged_90_94 for a in areas),
        sum(a.aged_95 for a in areas),
    )
    return {
        sector: [count * tilt for count, tilt in zip(counts, tilts, strict=True)]
        for sector, tilts in IN_CARE.items()
    }


def indication(rng: Random, birth_date: date, sector: Sector, start: date) -> Indication:
    """Why a resident belongs to the target group."""
    age = (start - birth_date).days // 365.25
    if age >= 90:
        return Indication.AGE_90
    if age >= 80:
        return Indication.AGE_80
    if sector in (Sector.DISABILITY, Sector.MENTAL_HEALTH):
        return Indication.WLZ
    return rng.choices((Indication.WLZ, Indication.MEDICAL, Indication.OTHER), (70, 25, 5))[0]


def test_bsns(rng: Random) -> Iterator[str]:
    """Yields valid BSNs that belong to nobody, each once.

    They pass the eleven test and begin with a 9: numbers from 900000000 on have not been issued and are
    what test systems use (RvIG's own test persons are in 9999xxxxx).
    """
    seen: set[str] = set()
    while True:
        digits = [9, *(rng.randrange(10) for _ in range(7))]
        check = sum(w * d for w, d in zip(range(9, 1, -1), digits, strict=True)) % 11
        number = "".join(map(str, digits)) + str(check)
        if check < 10 and number not in seen:
            seen.add(number)
            yield number
