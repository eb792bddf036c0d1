"""Generates a synthetic region on real geography: the same seed gives the same institutions, people, teams and supply."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from events.local_time import to_moment
from events.location import OutbreakPolicy, Urgency
from services.simulator.crews import (
    Certificate,
    Order,
    Shift,
    Team,
    certify,
    form_teams,
    give_orders,
    make_rosters,
)
from services.simulator.geography import (
    Geography,
    Post,
    kilometres,
    read_deliveries,
    read_geography,
)
from services.simulator.institutions import (
    Institution,
    Practice,
    draw_sizes,
    place_institutions,
    place_practices,
)
from services.simulator.residents import Resident, people

FIRST_DAY = date(2021, 2, 15)  # with this first day, deliveries keep their historical dates
FRIDGE_DAYS = 30  # shelf life in the fridge: `fridge_days` of the product in files.py
NOT_REGISTERED = 2  # institutions whose residents are registered before the institution is


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a synthetic region is."""

    institutions: int = 250
    residents: int = 4000
    practices: int = 180
    teams: int = 8
    days: int = 14


@dataclass(frozen=True, slots=True)
class Delivery:
    """Doses for one depot: received when it has a lot, else announced."""

    key: str
    post: Post
    product: str
    doses: int
    day: date
    lot: str
    use_by: date
    received: bool


@dataclass(frozen=True, slots=True)
class Outbreak:
    """An outbreak in an institution before the first day."""

    institution: Institution
    policy: OutbreakPolicy


@dataclass(frozen=True, slots=True)
class Call:
    """A requested crisis visit."""

    key: str
    institution: Institution
    urgency: Urgency
    minutes: int
    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class SyntheticRegion:
    """Everything about one invented region, from which its events are made."""

    region: str
    seed: int
    start: date
    days: tuple[date, ...]
    geography: Geography
    practices: tuple[Practice, ...]
    institutions: tuple[Institution, ...]
    unregistered: tuple[
        Institution, ...
    ]  # named by residents' registrations, not registered themselves yet
    residents: tuple[Resident, ...]
    teams: tuple[Team, ...]
    shifts: tuple[Shift, ...]
    certificates: tuple[Certificate, ...]
    orders: tuple[Order, ...]
    deliveries: tuple[Delivery, ...]
    outbreaks: tuple[Outbreak, ...]
    calls: tuple[Call, ...]


def synthetic(
    region: str = "GG2514",
    seed: int = 1,
    start: date = FIRST_DAY,
    sizes: Sizes = Sizes(),
) -> SyntheticRegion:
    """Generates a region from a seed. Raises UnknownRegion, and ValueError when the sizes contradict each other."""
    geography = read_geography(region)
    days = tuple(start + timedelta(days=n) for n in range(sizes.days))

    def draw(what: str) -> Random:
        return Random(
            f"{seed} {region} {what}"
        )  # a random stream per part, so that a change to one leaves the others as they were

    practices = place_practices(draw("practices"), geography, sizes.practices)
    placing = draw("institutions")
    hidden = NOT_REGISTERED if sizes.institutions > 10 * NOT_REGISTERED else 0
    people_in = draw_sizes(placing, sizes.institutions + hidden, sizes.residents)
    everywhere = place_institutions(placing, geography, practices, people_in, days)
    institutions, unregistered = everywhere[: sizes.institutions], everywhere[sizes.institutions :]
    teams = form_teams(geography.posts, sizes.teams)
    deliveries = deliver(geography, institutions, teams, start)
    busy = busy_days(deliveries)
    events = draw("events")
    return SyntheticRegion(
        region=region,
        seed=seed,
        start=start,
        days=days,
        geography=geography,
        practices=practices,
        institutions=institutions,
        unregistered=unregistered,
        residents=people(draw("residents"), geography, everywhere, start),
        teams=teams,
        shifts=make_rosters(draw("rosters"), teams, days, busy),
        certificates=certify(draw("certificates"), teams, start),
        orders=give_orders(teams, start),
        deliveries=deliveries,
        outbreaks=break_out(events, institutions),
        calls=call(events, institutions, days),
    )


def deliver(
    geography: Geography, institutions: Sequence[Institution], teams: Sequence[Team], start: date
) -> tuple[Delivery, ...]:
    """Splits the region's share of the national deliveries over the depots, by residents near a post with a team.

    With another first day all deliveries shift with it, so that the story stays the same.
    """
    moved = start - FIRST_DAY
    with_team = {team.post.key: team.post for team in teams}
    weights = weigh(institutions, teams)
    found = []
    for national in read_deliveries():
        day = national.day + moved
        shares = split(geography.share(national.doses), weights)
        for key, doses in ((key, doses) for key, doses in shares.items() if doses):
            post = with_team[key]
            found.append(
                Delivery(
                    key=f"{national.day.isoformat()} {post.depot}",
                    post=post,
                    product=national.product,
                    doses=doses,
                    day=day,
                    lot=f"OEFEN-{national.day:%y%m%d}",
                    use_by=day + timedelta(days=FRIDGE_DAYS),
                    received=day < start,
                )
            )
    return tuple(found)


def weigh(institutions: Sequence[Institution], teams: Sequence[Team]) -> Counter[str]:
    """Counts residents by the nearest post that has a team."""
    with_team = {team.post.key: team.post for team in teams}
    weights: Counter[str] = Counter(dict.fromkeys(with_team, 0))
    for place in institutions:
        nearest = min(
            with_team.values(), key=lambda p: kilometres(place.lat, place.lon, p.lat, p.lon)
        )
        weights[nearest.key] += place.residents
    return weights


def busy_days(deliveries: Sequence[Delivery]) -> frozenset[date]:
    """The two days after each future delivery, on which the posts roster every team."""
    coming = {delivery.day for delivery in deliveries if not delivery.received}
    return frozenset(day + timedelta(days=n) for day in coming for n in (1, 2))


def split(doses: int, weights: Counter[str], container: int = 10) -> dict[str, int]:
    """Apportions doses in whole containers by weight (largest remainder); the last loose doses go to the heaviest."""
    total = max(1, weights.total())
    containers = doses // container
    exact = {key: containers * weight / total for key, weight in weights.items()}
    parts = {key: int(part) for key, part in exact.items()}
    by_rest = sorted(exact, key=lambda key: (parts[key] - exact[key], key))
    for key in by_rest[: containers - sum(parts.values())]:
        parts[key] += 1
    shares = {key: part * container for key, part in parts.items()}
    heaviest = max(weights, key=lambda key: (weights[key], key))
    shares[heaviest] += doses - sum(shares.values())
    return shares


def break_out(rng: Random, institutions: Sequence[Institution]) -> tuple[Outbreak, ...]:
    """Draws three outbreaks: two block their location, one may still be the last stop of a route."""
    places = rng.sample(institutions, min(3, len(institutions)))
    policies = (OutbreakPolicy.BLOCK, OutbreakPolicy.BLOCK, OutbreakPolicy.LAST)
    return tuple(Outbreak(place, policy) for place, policy in zip(places, policies, strict=False))


def call(
    rng: Random, institutions: Sequence[Institution], days: Sequence[date]
) -> tuple[Call, ...]:
    """Draws three crisis visits: for today, tomorrow and this week."""
    asked = (
        (Urgency.U1, 60, 0, 0),
        (Urgency.U2, 45, 1, 1),
        (Urgency.U3, 30, 2, 4),
    )
    places = rng.sample(institutions, min(3, len(institutions)))
    return tuple(
        Call(
            key=f"CALL-{n}",
            institution=place,
            urgency=urgency,
            minutes=minutes,
            earliest=to_moment(days[min(first, len(days) - 1)], time(9)),
            latest=to_moment(days[min(last, len(days) - 1)], time(15)),
        )
        for n, (place, (urgency, minutes, first, last)) in enumerate(
            zip(places, asked, strict=False), start=1
        )
    )
