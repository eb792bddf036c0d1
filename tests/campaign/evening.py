"""What must hold on every evening of a campaign; each check returns what is broken, in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import aiohttp

from scheduling.kept import check_kept
from scheduling.rules import check_added
from tests.campaign.scene import Scene
from tests.campaign.standing import Dose, Standing, plan_of, read_standing
from tests.faults.invariants import Judge
from tests.faults.reading import Owner, few
from tests.faults.world import World

# Reasons that stand for themselves when a second dose did not come in time; capacity and stock do not.
NAMED = {
    "contradiction", "consent_missing", "consent_refused", "consent_conflicting", "identity_question", "booked_elsewhere", "not_eligible", "triage",
    "no_contact", "outbreak", "location_closed",
}  # fmt: skip
VETOES = {"consent", "eligibility", "outbreak", "once"}  # they take people off what was published
CELLS = 20  # of a campaign with people in them, at most


@dataclass
class Evening:
    """Checks one world with a season in it; remembers which plans were judged."""

    world: World
    scene: Scene
    judge: Judge = field(init=False)
    judged: set[str] = field(default_factory=set)
    standing: Standing = field(init=False)
    excused: set[Dose] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.judge = Judge(self.world)

    async def all(self, now: datetime) -> dict[str, list[str]]:
        """Every check by name, with what is broken of it."""
        found = await self.judge.all()
        async with self.world.owner() as tx:
            self.standing = standing = await read_standing(tx, self.scene.region, now)
            self.excused |= {dose for dose in standing.reasons if excused(standing, dose)}
            standing.excused = self.excused
            found |= {
                "everybody is somewhere": everybody_is_somewhere(standing),
                "doses add up": doses_add_up(standing),
                "stock is the fridge": self.stock_is_the_fridge(standing),
                "never below zero": never_below_zero(standing),
                "intervals": intervals(standing),
                "one dose once": few("had a dose twice", standing.twice),
                "slips are put right": self.slips_are_put_right(standing),
                "second doses": second_doses(standing),
                "appointments in their window": appointments_in_window(standing),
                "plans keep the rules": await self.plans_keep_the_rules(tx),
                "no means no": no_means_no(standing, self.scene.withdrawn),
                "nobody at an outbreak": await self.nobody_at_an_outbreak(tx, standing),
                "the ill stay home": await self.the_ill_stay_home(tx),
                "crises are answered": await self.crises_are_answered(tx, standing),
            }
        found["what was told stands"] = await self.what_was_told_stands()
        found["the status page says so"] = await self.status_says_so()
        found["nobody fell over"] = [line for line in self.world.said if "again" in line]
        return {name: broken for name, broken in found.items() if broken}

    def stock_is_the_fridge(self, standing: Standing) -> list[str]:
        """What the state says is there is what the teams left there."""
        counted: Counter[tuple[str, str]] = Counter()
        for row in standing.movements:
            counted[row["depot"], row["lot"]] += row["doses"]
        real: Counter[tuple[str, str]] = Counter()
        for (depot, _), lots in self.scene.world.fridge.lots.items():
            for lot in lots:
                real[str(depot), lot.number] += lot.doses
        return [
            f"{place}: {counted[place]}, in the fridge {real[place]}"
            for place in sorted({*counted, *real})
            if counted[place] != real[place]
        ]

    def slips_are_put_right(self, standing: Standing) -> list[str]:
        """Who had a dose on which day is what the teams know after their corrections, whatever was recorded first."""
        know = {
            (str(person), day) for person, days in self.scene.register.given.items() for day in days
        }
        ours = {(person, one.day) for (person, _), one in standing.given.items() if one.is_ours}
        return [
            *few("had a dose that nobody gave", sorted(map(str, ours - know))),
            *few("had a dose that does not count", sorted(map(str, know - ours))),
        ]

    async def plans_keep_the_rules(self, tx: Owner) -> list[str]:
        """Every plan that was published, judged again on the problem that is stored with it.

        Of what it only repeats no veto may be broken; other rules are told to a person, who decides.
        """
        rows = await tx.fetch(
            "SELECT hash FROM plans WHERE published_seq > 0 ORDER BY published_seq"
        )
        broken = []
        for plan_hash in (row["hash"] for row in rows if row["hash"] not in self.judged):
            problem, plan = await plan_of(tx, plan_hash)
            kept = (row for row in check_kept(problem) if row.rule in VETOES)
            found = (*check_added(problem, plan), *kept)
            broken += [f"{row.rule} {row.where}: {row.detail}" for row in found]
            self.judged.add(plan_hash)
        return few("violations", broken)

    async def what_was_told_stands(self) -> list[str]:
        """Those who go by what we say outward see the visits to come as they stand."""
        async with self.world.owner() as tx:
            rows = await tx.fetch(
                "SELECT v.visit, v.team, lower(v.slot) AS at, count(a.person) FILTER (WHERE a.live) AS people"
                " FROM visits v LEFT JOIN appointments a USING (region, visit)"
                " WHERE v.live AND lower(v.slot) > $1 GROUP BY v.region, v.visit",
                self.standing.now,
            )
        stands = {(row["visit"], row["team"], row["at"], row["people"]) for row in rows}
        told = {
            (one.visit_id, one.team_id, one.starts_at, len(one.persons))
            for one in self.scene.visits.values()
            if one.starts_at > self.standing.now
        }
        return [
            *few("told and not so", sorted(map(str, told - stands))),
            *few("so and not told", sorted(map(str, stands - told))),
        ]

    async def status_says_so(self) -> list[str]:
        """The open page has the same totals, in fives: each of the cells that they sum is at most four off."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.world.url}/status") as answer,
        ):
            said = await answer.json()
        (region,) = [one for one in said["regions"] if one["region"] == self.scene.region]
        (campaign,) = region["campaigns"]
        given = self.standing.given
        ours = {
            "registered": len(self.standing.registered),
            "given": len({person for person, _ in given}),  # of whom was withdrawn since, too
            "doses_given": len(given),
        }
        return [
            f"{name}: {campaign[name]} instead of {count}"
            for name, count in ours.items()
            if abs(campaign[name] - count) > 4 * CELLS
        ]

    async def nobody_at_an_outbreak(self, tx: Owner, standing: Standing) -> list[str]:
        """No visit is to come where visits are blocked, and nothing is given there from that moment on."""
        places = list(self.scene.blocked)
        rows = await tx.fetch(
            "SELECT location FROM visits WHERE live AND campaign IS NOT NULL"
            " AND lower(slot) > $1 AND location = ANY ($2::uuid[])",
            standing.now,
            places,
        )
        given = [
            f"{dose} at {one.at}"
            for dose, one in standing.given.items()
            for place, since in self.scene.blocked.items()
            if one.location == str(place) and one.at > since
        ]
        return [
            *few("visits to come", [str(row["location"]) for row in rows]),
            *few("given", given),
        ]

    async def the_ill_stay_home(self, tx: Owner) -> list[str]:
        """No team has a visit while it is away."""
        broken = []
        for team, begins, ends in self.scene.world.absent:
            broken += await tx.fetch(
                "SELECT visit FROM visits WHERE live AND team = $1 AND slot && tstzrange($2, $3)",
                team,
                begins,
                ends,
            )
        return few("visits", [str(row["visit"]) for row in broken])

    async def crises_are_answered(self, tx: Owner, standing: Standing) -> list[str]:
        """A call that is over was answered in time, or the plan says why not."""
        broken = []
        for call, asked in self.scene.calls.items():
            row = await tx.fetchrow(
                "SELECT lower(slot) AS at, completed_seq > 0 AS done FROM visits"
                " WHERE visit = $1 AND live",
                call,
            )
            why = await tx.fetchval(
                "SELECT reasons FROM plan_unassigned WHERE visit = $1 LIMIT 1", call
            )
            over = standing.now > asked.latest
            if row is None and why is None:
                broken.append(f"call of {asked.earliest} is nowhere")
            elif row is not None and not asked.earliest <= row["at"] <= asked.latest:
                broken.append(f"call of {asked.earliest} is planned at {row['at']}")
            elif row is not None and over and not row["done"]:
                broken.append(f"call of {asked.earliest} was not answered")
        return broken


def no_means_no(standing: Standing, withdrawn: Mapping[UUID, datetime]) -> list[str]:
    """Who took consent back, died or was withdrawn has no appointment and gets nothing from that moment on."""
    broken = []
    for person, since in withdrawn.items():
        for number in (1, 2):
            dose = (str(person), number)
            if dose in standing.booked:
                broken.append(f"dose {number} is planned for {standing.booked[dose]}")
            if dose in standing.given and standing.given[dose].at > since:
                broken.append(f"dose {number} was given at {standing.given[dose].at}")
    return few("", broken)


def everybody_is_somewhere(standing: Standing) -> list[str]:
    """registered = complete + planned + reserved + ended + unserved by reason."""
    states = standing.states()
    broken = [
        f"{len(people)} {state}, such as {people[0]} dose {standing.next_dose(people[0])}"
        for state, people in states.items()
        if state in ("nowhere", "both planned and not")
    ]
    total = sum(len(people) for people in states.values())
    if total != len(standing.registered):
        broken.append(f"{total} of {len(standing.registered)}")
    strangers = {person for person, _ in standing.booked} - standing.registered
    return [*broken, *few("planned and not registered", sorted(strangers))]


def doses_add_up(standing: Standing) -> list[str]:
    """By depot and lot: received + moved = given + wasted + expired + left, and what is left is not past its day."""
    sums: dict[tuple[str, str], Counter[str]] = {}
    use_by = {row["lot"]: row["use_by"] for row in standing.movements if row["use_by"]}
    for row in standing.movements:
        kind = "expired" if row["reason"] == "expired" else row["kind"]
        sums.setdefault((row["depot"], row["lot"]), Counter())[kind] += row["doses"]
    given = sum(counts["given"] for counts in sums.values())
    broken = []
    for place, counts in sums.items():
        left = sum(counts.values())
        if left and use_by[place[1]] < standing.today:
            broken.append(f"{place}: {left} left past {use_by[place[1]]}")
        if set(counts) - {"received", "moved", "given", "wasted", "expired"}:
            broken.append(f"{place}: {dict(counts)}")
    if -given != len(standing.given):
        broken.append(
            f"{-given} doses left the stock as given, {len(standing.given)} people had one"
        )
    return broken


def never_below_zero(standing: Standing) -> list[str]:
    """In the order of the ledger, so at no moment."""
    left: Counter[tuple[str, str]] = Counter()
    broken = []
    for row in standing.movements:
        place = (row["depot"], row["lot"])
        left[place] += row["doses"]
        if left[place] < 0:
            broken.append(f"{place} at {row['seq']}: {left[place]}")
    return few("", broken)


def intervals(standing: Standing) -> list[str]:
    """What was given: the second after the least and before the most days, of the same product.

    Later only for who was absent, ill or refused when a team was there in time: the series does not end by it.
    """
    broken = []
    for (person, number), after in standing.given.items():
        if number == 1:
            continue
        before = standing.given.get((person, number - 1))
        if before is None:
            broken.append(f"{person} had dose {number} without the one before")
            continue
        first, last = standing.window((person, number))
        is_late = after.day > last and not excused(standing, (person, number))
        if after.day < first or is_late:
            broken.append(f"{person}: {(after.day - before.day).days} days")
        if before.product != after.product:
            broken.append(f"{person}: {before.product}, then {after.product}")
    return few("", broken)


def appointments_in_window(standing: Standing) -> list[str]:
    """A planned second dose lies in its window, unless that is over already, or a team came for nothing in it."""
    broken = []
    for dose, day in standing.booked.items():
        if dose[1] > 1 and (dose[0], dose[1] - 1) in standing.given:
            first, last = standing.window(dose)
            is_in_time = standing.today <= last and not excused(standing, dose)
            if day < first or (last < day and is_in_time):
                broken.append(f"{dose}: {day}, not {first} to {last}")
    return few("", broken)


def second_doses(standing: Standing) -> list[str]:
    """Nobody whose first dose was given is left without a second past the longest distance without a named reason.

    Who could not have it in time for such a reason must have an appointment, or a reason again: not be forgotten.
    """
    broken = []
    for person in sorted(standing.registered):
        number = standing.next_dose(person)
        if 1 < number <= standing.campaign.doses and person not in standing.ended:
            dose = (person, number)
            forgotten = standing.reasons.get(dose, [])[:1] == ["not_due"]
            if standing.today > standing.window(dose)[1] and (
                forgotten or not excused(standing, dose)
            ):
                broken.append(
                    f"{dose} until {standing.window(dose)[1]}: {standing.reasons.get(dose)}"
                )
    return few("without the second dose in time", broken)


def excused(standing: Standing, dose: Dose) -> bool:
    """Whether a reason stands that is not ours: an answer, a judgement, an illness, a closed door."""
    reasons = set(standing.reasons.get(dose, ()))
    return bool(reasons & NAMED) or dose in standing.at_the_door or dose in standing.excused
