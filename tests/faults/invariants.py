"""What must hold after every fault; each check returns what is broken, in words, and nothing when it holds."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from events.codec import read_ledger
from events.identifiers import Payload
from events.practice import ConsentRecorded
from events.visits import DoseAdministered, DoseNotGiven
from services.accept.rebuild import compare
from tests.faults.hearing import Ear, sent_so_far
from tests.faults.journal import Key, Partition, body_of
from tests.faults.patients import Fact, counted_once, nobody_against
from tests.faults.reading import Ledger, Owner, few
from tests.faults.stock import stock_said
from tests.faults.world import World

SYSTEM = "urn:nld:prikploeg:system"


@dataclass
class Judge:
    """Checks one world, again and again; remembers what it read."""

    world: World
    ledger: Ledger = field(default_factory=Ledger)
    heard: dict[Partition, int] = field(
        default_factory=dict
    )  # where we stand on the outward topics
    told: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    early: list[tuple[Key, str]] = field(
        default_factory=list
    )  # heard, and not yet read in the ledger
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.ear = Ear(self.world, self.ledger)

    async def all(self) -> dict[str, list[str]]:
        """Every invariant by name, with what is broken of it."""
        async with (
            self.world.owner() as tx,
            tx.transaction(isolation="repeatable_read", readonly=True),  # of one moment
        ):
            await self.ledger.read(tx)
            sent = await sent_so_far(tx)
            found = {
                "ledger gapless": list(self.ledger.broken),
                "accepted exactly once": self.exactly_once(),
                "order per key": self.in_order(),
                "regions do not mix": self.in_their_regions(),
                "applied once": await self.applied_once(tx),
                "stock adds up": await self.stock_adds_up(tx),
                "one live appointment": await self.one_appointment(tx),
                "one place at a time": await self.one_place(tx),
                "plans know their past": await self.plans_know(tx),
                "nobody planned against a fact": await nobody_against(tx, self.facts()),
                "a dose counts once": await counted_once(tx, self.facts()),
                "quarantine is the poison": await self.quarantine(tx),
                "gaps are what was deleted": await self.gaps(tx),
            }
        found["outward is the ledger"] = await self.ear.judge(sent)
        self.counts["outward"] = sum(self.ear.told.values())
        found["state is the fold"] = await compare(self.world.settings.postgres.dsn("owner"))
        found["nobody without an answer"] = [*self.world.journal.unanswered]
        found["no odd answer"] = [*self.world.journal.odd]
        return found

    # --- the ledger against the journal ---

    def exactly_once(self) -> list[str]:
        """Every acknowledged fact has its one line, saying what was said; nothing else is there."""
        journal, places = self.world.journal, self.ledger.places
        promised = journal.promised()
        missing = sorted(promised - places.keys())
        ours = {key for key in places if key[0] != SYSTEM}
        unexplained = sorted(ours - journal.facts.keys())
        other = [
            key
            for key in sorted(self.ledger.bodies.keys() & journal.facts.keys())
            if not self.says_the_same(key)
        ]
        journal.stored = ours
        self.counts["accepted"] = len(ours)
        self.counts["promised"] = len(promised)
        return [
            *few("more than once", self.ledger.doubled),
            *few("acknowledged and not in the ledger", missing),
            *few("in the ledger and never sent", unexplained),
            *few("says something else than what was sent", other),
        ]

    def says_the_same(self, key: Key) -> bool:
        """Compared once per line."""
        kept = self.ledger.bodies[key]
        if kept is None:
            return True
        payload = self.world.journal.facts[key].payload
        assert payload is not None
        same = body_of(read_ledger(*kept)) == body_of(payload)
        self.ledger.bodies[key] = None if same else kept
        return same

    def in_order(self) -> list[str]:
        """Per partition and region the first copies stand in the ledger in the order of the log."""
        journal, broken = self.world.journal, []
        newest: dict[tuple[Partition, str], tuple[int, Key]] = {}
        seen: set[Key] = set()
        for part, _, one in journal.readable():
            if one.is_poison or one.key is None or one.key in seen or one.key in journal.answered:
                continue  # over HTTP it has no place in the log
            seen.add(one.key)
            region, seq = self.ledger.places.get(one.key, ("", 0))
            before, other = newest.get((part, region), (0, one.key))
            if seq and seq < before:
                broken.append(f"{one.key} ({seq}) came after {other} ({before}) in {part}")
            newest[part, region] = (max(seq, before), one.key)
        return few("out of order", broken)

    def in_their_regions(self) -> list[str]:
        """Every line stands in the region that its fact is about."""
        facts, broken = self.world.journal.facts, []
        for key, (region, _) in self.ledger.places.items():
            if key in facts and facts[key].region != region:
                broken.append(f"{key} stands in {region} and is about {facts[key].region}")
        return few("in another region", broken)

    # --- state against the journal ---

    def accepted(self, *kinds: type[Payload]) -> list[tuple[str, Any]]:
        """Region and payload of the accepted facts of these kinds, each once."""
        facts = self.world.journal.facts
        return [
            (region, facts[key].payload)
            for key, (region, _) in self.ledger.places.items()
            if key in facts and isinstance(facts[key].payload, kinds)
        ]

    def facts(self) -> dict[Key, Fact]:
        """The accepted facts by key, as their senders said them, each with its mark."""
        known = self.world.journal.facts
        return {
            key: (mark, payload)
            for key, mark in self.ledger.marks.items()
            if key in known and (payload := known[key].payload) is not None
        }

    async def applied_once(self, tx: Owner) -> list[str]:
        """Series have exactly one row for each fact."""
        doses = await tx.fetch("SELECT outcome, count(*) AS n FROM doses GROUP BY outcome")
        found = {row["outcome"]: row["n"] for row in doses}
        found["consents"] = await tx.fetchval("SELECT count(*) FROM consents")
        wanted = {
            "given": len(self.accepted(DoseAdministered)),
            "not_given": len(self.accepted(DoseNotGiven)),
            "consents": len(self.accepted(ConsentRecorded)),
        }
        self.counts["doses"] = wanted["given"]
        return [
            f"{name}: {found.get(name, 0)} rows for {count} facts"
            for name, count in wanted.items()
            if found.get(name, 0) != count
        ]

    async def stock_adds_up(self, tx: Owner) -> list[str]:
        """The stock that people read is what the senders said last, of every depot and lot."""
        wanted = stock_said(self.facts())
        rows = await tx.fetch(
            "SELECT region, depot, lot, sum(doses)::bigint AS doses FROM stock_now"
            " GROUP BY region, depot, lot"
        )
        found = {(row["region"], row["depot"], row["lot"]): row["doses"] for row in rows}
        self.counts["lots in stock"] = sum(count != 0 for count in found.values())
        return [
            f"{where}: {found.get(where, 0)} instead of {wanted[where]}"
            for where in sorted({*wanted, *found})
            if found.get(where, 0) != wanted[where]
        ]

    async def one_appointment(self, tx: Owner) -> list[str]:
        rows = await tx.fetch(
            "SELECT person, campaign, dose_no, count(*) FROM appointments WHERE live"
            " GROUP BY person, campaign, dose_no HAVING count(*) > 1"
        )
        self.counts["appointments"] = await tx.fetchval(
            "SELECT count(*) FROM appointments WHERE live"
        )
        return few("more than one", [str(tuple(row)) for row in rows])

    async def one_place(self, tx: Owner) -> list[str]:
        """No team and no person in two places at once, looked up without the constraints."""
        teams = await tx.fetch(
            "SELECT a.team, a.visit, b.visit AS other FROM visits a JOIN visits b"
            " ON a.team = b.team AND a.visit < b.visit AND a.slot && b.slot WHERE a.live AND b.live"
        )
        people = await tx.fetch(
            "SELECT a.person, a.visit, b.visit AS other FROM presences a JOIN presences b"
            " ON a.person = b.person AND a.visit < b.visit AND a.slot && b.slot"
            " WHERE a.live AND b.live"
        )
        return few("in two places", [str(tuple(row)) for row in [*teams, *people]])

    async def plans_know(self, tx: Owner) -> list[str]:
        """A plan cites numbers that exist and are older than itself; one that counts never knows less than the last."""
        rows = await tx.fetch(
            "SELECT region, region_seq, national_seq, proposed_seq, stale FROM plans"
            " WHERE proposed_seq > 0 ORDER BY region, proposed_seq"
        )
        last: dict[str, tuple[int, int]] = {}
        broken = []
        for row in rows:
            region, knew = row["region"], (row["region_seq"], row["national_seq"])
            if knew[0] >= row["proposed_seq"] or knew[1] > self.ledger.at.get("NL", 0):
                broken.append(f"{region} {row['proposed_seq']} cites {knew}")
            before = last.get(region, (0, 0))
            if not row["stale"]:
                if knew[0] < before[0] or knew[1] < before[1]:
                    broken.append(f"{region} {row['proposed_seq']} knew {knew} after {before}")
                last[region] = knew
        self.counts["plans"] = len(rows)
        return few("", broken)

    async def quarantine(self, tx: Owner) -> list[str]:
        """Every poisoned record was set aside once, and nothing else."""
        rows = await tx.fetch("SELECT topic, part, off, reason FROM quarantine")
        found = Counter((row["topic"], row["part"], row["off"]) for row in rows)
        reasons = {(row["topic"], row["part"], row["off"]): row["reason"] for row in rows}
        wanted = self.world.journal.poison()
        self.counts["set aside"] = len(rows)
        unexplained = [f"{place} {reasons[place]}" for place in found if place not in wanted]
        return [
            *few("poison that was not set aside", sorted(wanted - found.keys())),
            *few("set aside and no poison", unexplained),
            *few("set aside twice", [place for place, n in found.items() if n > 1]),
        ]

    async def gaps(self, tx: Owner) -> list[str]:
        """The alarm named exactly the records that were deleted unread."""
        rows = await tx.fetch("SELECT topic, part, expected, found FROM gaps")
        found = {(r["topic"], r["part"], n) for r in rows for n in range(r["expected"], r["found"])}
        wanted = {
            (*part, n) for part, begin, end in self.world.journal.gone for n in range(begin, end)
        }
        self.counts["gone"] = len(wanted)
        return [
            *few("gone and not reported", sorted(wanted - found)),
            *few("reported and not gone", sorted(found - wanted)),
        ]
