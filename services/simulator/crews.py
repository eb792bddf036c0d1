"""Generates the mobile teams of the posts: members, rosters, certificates and standing orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from random import Random

from events.identifiers import Skill
from events.teams import CrewRole
from services.simulator.geography import Post
from services.simulator.names import team_names

# The posts of the demo region that the eight teams of the pictures ride from; other regions take turns.
HOME = ("HAP-9", "HAP-3", "HAP-9", "HAP-5", "HAP-7", "HAP-7", "HAP-10", "HAP-10")
CREWS = (
    (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.ASSISTANT, CrewRole.DRIVER),
    (CrewRole.DOCTOR, CrewRole.ASSISTANT, CrewRole.ASSISTANT, CrewRole.DRIVER),
    (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.DRIVER),
    (CrewRole.NURSE, CrewRole.NURSE, CrewRole.DRIVER),  # no doctor: no assistants
)
MEMBERS = {CrewRole.DOCTOR: 3, CrewRole.NURSE: 3, CrewRole.ASSISTANT: 4, CrewRole.DRIVER: 2}
LETTERS = {
    CrewRole.DOCTOR: "A",
    CrewRole.NURSE: "V",
    CrewRole.ASSISTANT: "D",
    CrewRole.DRIVER: "C",
}


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one kind of working day."""

    begins: time
    ends: time
    pause_minutes: int
    often: int


LONG = Hours(time(8, 0), time(16, 30), 30, 15)
WEEKDAY = (
    Hours(time(8, 30), time(16, 30), 30, 45),
    LONG,
    Hours(time(8, 30), time(13, 30), 0, 20),
    Hours(time(12, 30), time(20, 0), 30, 20),
)
SATURDAY = (Hours(time(9, 0), time(14, 0), 0, 1),)
DAY_WORKED = 0.75  # share of weekdays on which a team has a shift
SATURDAY_WORKED = 0.3
BUSY_WORKED = 0.95  # on the days after a delivery, Saturdays included


@dataclass(frozen=True, slots=True)
class Team:
    """A mobile team of a post."""

    key: str
    name: str
    post: Post
    skills: tuple[Skill, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """One day of one team."""

    key: str
    team: Team
    day: date
    hours: Hours
    capacity: int
    crew: tuple[tuple[CrewRole, str], ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate to inject, valid for some time."""

    member: str
    role: CrewRole
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class Order:
    """A doctor's standing order to the teams of a post."""

    post: Post
    ordered_by: str
    valid_from: date
    valid_until: date


def form_teams(posts: Sequence[Post], count: int) -> tuple[Team, ...]:
    """Spreads teams over the posts; some have skills that few have."""
    by_key = {post.key: post for post in posts}
    homes = [by_key.get(key) for key in HOME]
    teams = []
    for n, name in enumerate(team_names(count)):
        home = homes[n] if n < len(homes) and all(homes) else None
        skills = [Skill.VACCINATION]
        if n % 3 == 1:
            skills.append(Skill.CRISIS)
        if n % 2 == 0:
            skills.append(Skill.DISABILITY_CARE)
        if n % 4 != 3:
            skills.append(Skill.TWO_PERSONS)
        if n == 4:
            skills.append(Skill.SEDATION)
        post = home or posts[n % len(posts)]
        teams.append(
            Team(f"TEAM-{name.upper().replace(' ', '-')}", f"Team {name}", post, tuple(skills))
        )
    return tuple(teams)  # fmt: skip


def make_rosters(
    rng: Random, teams: Sequence[Team], days: Sequence[date], busy: frozenset[date]
) -> tuple[Shift, ...]:
    """Draws shifts on most weekdays and some Saturdays, and for nearly every team on the busy days after a delivery.

    Crisis teams work on the first two days.
    """
    shifts: list[Shift] = []
    for team in teams:
        for n, day in enumerate(days):
            needed = n < 2 and Skill.CRISIS in team.skills
            if rng.random() < often(day, busy) or needed:
                shifts.append(ride(rng, team, day, hours_of(rng, day, busy)))
    return tuple(shifts)


def often(day: date, busy: frozenset[date]) -> float:
    """Probability that a team has a shift on a day."""
    if day.weekday() == 6:
        return 0.0
    if day in busy:
        return BUSY_WORKED
    return SATURDAY_WORKED if day.weekday() == 5 else DAY_WORKED


def hours_of(rng: Random, day: date, busy: frozenset[date]) -> Hours:
    """Draws the hours of a shift."""
    if day in busy:
        return LONG
    kinds = SATURDAY if day.weekday() == 5 else WEEKDAY
    return rng.choices(kinds, [kind.often for kind in kinds])[0]


def ride(rng: Random, team: Team, day: date, hours: Hours) -> Shift:
    """Draws one shift, its crew taken from the team's own members."""
    roles = rng.choices(CREWS, (50, 25, 17, 8))[0]
    pools = {role: members_of(team, role) for role in CrewRole}
    crew = []
    for role in roles:
        member = rng.choice(pools[role])
        pools[role].remove(member)
        crew.append((role, member))
    capacity = rng.choice((80, 100, 120))
    return Shift(f"{team.key} {day.isoformat()}", team, day, hours, capacity, tuple(crew))


def members_of(team: Team, role: CrewRole) -> list[str]:
    """Numbers of a team's members in one role."""
    place = team.key.removeprefix("TEAM-")
    return [f"M-{place}-{LETTERS[role]}{n}" for n in range(1, MEMBERS[role] + 1)]


def certify(rng: Random, teams: Sequence[Team], start: date) -> tuple[Certificate, ...]:
    """Draws certificates for everybody who injects; a few expire before or within the horizon."""
    found = []
    for team in teams:
        for role in (CrewRole.DOCTOR, CrewRole.NURSE, CrewRole.ASSISTANT):
            for member in members_of(team, role):
                since = start - timedelta(days=rng.randint(30, 900))
                until = start + timedelta(days=rng.randint(60, 700))
                if rng.random() < 0.08:
                    until = start + timedelta(days=rng.randint(-20, 9))
                found.append(Certificate(member, role, since, until))
    return tuple(found)


def give_orders(teams: Sequence[Team], start: date) -> tuple[Order, ...]:
    """Gives each post with a team a standing order; that of the last post begins a day late."""
    posts = list({team.post.key: team for team in teams}.values())
    return tuple(
        Order(
            post=team.post,
            ordered_by=members_of(team, CrewRole.DOCTOR)[0],
            valid_from=start + timedelta(days=1 if n == len(posts) else -21),
            valid_until=start + timedelta(days=180),
        )
        for n, team in enumerate(posts, start=1)
    )
