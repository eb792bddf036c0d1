"""Which looks stand out: very many people, oneself, neighbours, and at night. No database, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time, timedelta
from typing import Final

from events.local_time import AMSTERDAM, to_local_date
from infra.identity import derived_id
from infra.postgres.access_policy import AccessPolicy, policy_of
from infra.postgres.courier.alerts import Alert, Looked

MACHINES: Final = frozenset({"system", "sender"})  # programs: they have no name and no night


def find_alerts(looks: Sequence[Looked], policies: Mapping[str, AccessPolicy]) -> list[Alert]:
    """The alerts about these looks, which are in order: one for each kind, reader and day."""
    by_reader = defaultdict(list)
    for one in looks:
        if one.role not in MACHINES:
            by_reader[one.region, one.who, one.role, one.organisation].append(one)
    return [
        alert for key, own in by_reader.items() for alert in judge(own, policy_of(policies, key[0]))
    ]


def judge(looks: Sequence[Looked], policy: AccessPolicy) -> Iterator[Alert]:
    """The alerts about one reader."""
    yield from alerts_of("bulk", find_bulk(looks, policy))
    for kind in ("own_name", "neighbour"):
        yield from alerts_of(kind, [one for one in looks if kind in one.alike])
    sleeps = policy.sleeps(looks[0].role)
    yield from alerts_of("night", [one for one in looks if sleeps and is_night(one, policy)])


def find_bulk(looks: Sequence[Looked], policy: AccessPolicy) -> list[Looked]:
    """The looks that stand within a while in which more people were looked at than anybody needs."""
    found: dict[int, Looked] = {}
    while_ = timedelta(minutes=policy.bulk_minutes)
    first = 0
    for last, look in enumerate(looks):
        while look.at - looks[first].at > while_:
            first += 1
        window = looks[first : last + 1]
        if len({one.person for one in window}) > policy.bulk_persons:
            found |= {first + n: one for n, one in enumerate(window)}
    return list(found.values())


def is_night(look: Looked, policy: AccessPolicy) -> bool:
    """Whether somebody looked between these hours, Amsterdam time."""
    at, begins, ends = look.at.astimezone(AMSTERDAM).time(), policy.night_begins, policy.night_ends
    return at >= time(begins) or at < time(ends)


def alerts_of(kind: str, looks: Iterable[Looked]) -> Iterator[Alert]:
    """One alert for each day on which somebody looked so."""
    days = defaultdict(list)
    for one in looks:
        days[to_local_date(one.at)].append(one)
    for day, own in days.items():
        one = own[0]
        said = (kind, one.region, one.who, one.role, str(one.organisation), day.isoformat())
        yield Alert(
            id=derived_id("access alert", *said),
            kind=kind,
            region=one.region,
            who=one.who,
            role=one.role,
            organisation=one.organisation,
            persons=len({each.person for each in own}),
            first_at=own[0].at,
            last_at=own[-1].at,
        )
