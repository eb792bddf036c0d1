"""Travel by road: queries the server for unknown pairs; unanswered ones are estimated, and marked so."""

import asyncio
import math
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.travel.asking import Asking, Silent
from infra.travel.matrix import GUESSED, HOLE, HOLE_FACTOR, ROAD, Matrix, Point, estimated
from infra.travel.server import NoWay, OffRoad, Refused, Server, Table, TooBig

AT_ONCE: Final = 4  # concurrent queries
GIVE_UP_AFTER: Final = 2  # unanswered queries in succession
QUIET_SECONDS: Final = (
    60.0  # a server that did not answer is left alone: plans do not wait for it again and again
)
MOST_QUESTIONS: Final = 4000  # in one round: a server that refuses everything is not asked for ever


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of pairs, by the rows of the matrix."""

    sources: tuple[int, ...]
    targets: tuple[int, ...]

    def halves(self) -> tuple["Block", "Block"]:
        """Halves the block across its longer side."""
        if len(self.sources) >= len(self.targets):
            half = len(self.sources) // 2
            return Block(self.sources[:half], self.targets), Block(
                self.sources[half:], self.targets
            )
        half = len(self.targets) // 2
        return Block(self.sources, self.targets[:half]), Block(self.sources, self.targets[half:])

    def without(self, lost: set[int]) -> "Block":
        """The block without some places."""
        return Block(
            tuple(p for p in self.sources if p not in lost),
            tuple(p for p in self.targets if p not in lost),
        )

    def within(self, region: set[int]) -> "Block":
        """Those of its places that lie in a region."""
        return Block(
            tuple(p for p in self.sources if p in region),
            tuple(p for p in self.targets if p in region),
        )

    @property
    def is_pair(self) -> bool:
        """Whether it is a single pair, which cannot be halved."""
        return len(self.sources) == len(self.targets) == 1


@dataclass(slots=True)
class Draft:
    """A matrix being filled."""

    points: tuple[Point, ...]
    seconds: "array[int]"
    metres: "array[int]"
    kinds: bytearray
    lost: set[int] = field(default_factory=set)  # places that are near no road
    regions: dict[int, set[int]] = field(default_factory=dict)  # who has a way to the first one
    sorting: asyncio.Lock = field(default_factory=asyncio.Lock)
    silences: int = 0
    questions: int = 0
    why: str = ""  # of the newest question that was not answered

    def put(self, block: Block, table: Table) -> None:
        """Stores an answer of the server; two different places are never at distance 0."""
        n = len(self.points)
        for a, (seconds, metres) in zip(block.sources, table, strict=True):
            for b, s, m in zip(block.targets, seconds, metres, strict=True):
                if a == b:
                    continue
                at = a * n + b
                if s is None or m is None:
                    self.hole(at)
                else:
                    self.seconds[at], self.metres[at] = max(s, 1), max(m, 1)
                    self.kinds[at] = ROAD

    def hole(self, at: int) -> None:
        """Marks a pair as without a route: the estimate, made slower."""
        if self.kinds[at] == GUESSED:
            self.seconds[at] = int(self.seconds[at] * HOLE_FACTOR)
            self.metres[at] = int(self.metres[at] * HOLE_FACTOR)
        self.kinds[at] = HOLE

    def dig(self, block: Block) -> None:
        """Marks all pairs of a block as without a route."""
        n = len(self.points)
        for a in block.sources:
            for b in block.targets:
                if a != b:
                    self.hole(a * n + b)


@dataclass(frozen=True, slots=True)
class Found:
    """A matrix, and the reason why pairs of it are estimated, if any are."""

    matrix: Matrix
    why: str = ""
    asked: int = 0  # questions


class Roads:
    """A routing server with its limits."""

    def __init__(
        self, server: Server, asking: Asking, *, block: int, seconds: float, data: str = ""
    ) -> None:
        """At most `block` sources and as many targets in one question; `seconds` for a whole round.

        `data` names the map of a server that does not tell its version.
        """
        self._server, self._asking = server, asking
        self._block, self._seconds, self._data = block, seconds, data
        self._quiet_until = -math.inf

    @property
    def source(self) -> str:
        """Kind and profile of the server."""
        return self._server.source

    async def complete(self, points: tuple[Point, ...], known: Matrix | None) -> Found:
        """Travel between all points; only pairs that `known` does not have are asked. Raises nothing of the network.

        When the server has another map than `known`, all pairs are asked, and those of the old map stand in
        for what is not answered; the result is of the new map once it has no pair of the old one.
        """
        if known is not None and known.source != self.source:
            known = None
        usual = known.data if known is not None else self._data
        draft, data = begin(points, known), usual
        now = asyncio.get_running_loop().time()
        if now < self._quiet_until:
            draft.silences, draft.why = GIVE_UP_AFTER, "it did not answer a moment ago"
        try:
            async with asyncio.timeout(self._seconds):
                data = await self._about(draft, usual)
                if known is not None and data != known.data:
                    draft = begin(points, None, questions=draft.questions)  # another map
                await self._fill(draft)
        except TimeoutError:
            draft.why = draft.why or "no time left"
        if known is not None and data != known.data and GUESSED in draft.kinds:
            fall_back(draft, begin(points, known))
            data = known.data
        if draft.questions and gives_up(draft):
            self._quiet_until = now + QUIET_SECONDS
        made = Matrix(self.source, data, points, draft.seconds, draft.metres, bytes(draft.kinds))
        return Found(made, draft.why if made.guessed else "", draft.questions)

    async def _about(self, draft: Draft, usual: str) -> str:
        """The version of the map: as it was set, else as the server says, else the usual one."""
        if self._data or len(draft.points) < 2 or gives_up(draft):
            return self._data or usual
        draft.questions += 1
        try:
            status, said = await self._asking.ask(self._server.about(draft.points[0]))
        except Silent as silent:
            draft.why, draft.silences = str(silent), GIVE_UP_AFTER
            return usual
        except Refused:
            return usual
        return self._server.read_about(status, said) or usual

    async def _fill(self, draft: Draft) -> None:
        """Queries every estimated pair."""
        waiting = asyncio.Queue[Block]()
        for block in missing(draft, self._block):
            waiting.put_nowait(block)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work(draft, waiting)) for _ in range(AT_ONCE)]
            await waiting.join()
            for worker in workers:
                worker.cancel()

    async def _work(self, draft: Draft, waiting: "asyncio.Queue[Block]") -> None:
        while True:
            block = await waiting.get()
            try:
                for rest in await self._take(draft, block):
                    waiting.put_nowait(rest)
            finally:
                waiting.task_done()

    async def _take(self, draft: Draft, block: Block) -> Iterable[Block]:
        """Queries one block. Returns the smaller blocks that it must be split into, if any."""
        block = block.without(draft.lost)
        if not block.sources or not block.targets or gives_up(draft):
            return ()
        try:
            draft.put(block, await self._ask(draft, block))
        except OffRoad as refused:
            return await self._part(draft, block, refused)
        except (TooBig, NoWay) as refused:
            return smaller(draft, block, refused)
        except (Silent, Refused) as error:
            draft.why = str(error)
        return ()

    async def _part(self, draft: Draft, block: Block, refused: Refused) -> Iterable[Block]:
        """Splits a block into those of places that have a way to each other; pairs across them are holes."""
        try:
            async with draft.sorting:  # what one worker finds out, the others need not ask
                await self._sort_out(draft, {*block.sources, *block.targets})
        except (Silent, Refused) as error:
            draft.why = str(error)
            return ()
        parts = [block.within(region) for region in draft.regions.values()]
        parts = [part for part in parts if part.sources or part.targets]
        if len(parts) == 1 and parts[0] == block:
            return smaller(draft, block, refused)
        for one in parts:
            for other in parts:
                if one is not other:
                    draft.dig(Block(one.sources, other.targets))
        return [part for part in parts if part.sources and part.targets]

    async def _ask(self, draft: Draft, block: Block) -> Table:
        """Sends one query and counts it. Raises Silent or Refused."""
        draft.questions += 1
        sources = [draft.points[p] for p in block.sources]
        targets = [draft.points[p] for p in block.targets]
        try:
            status, said = await self._asking.ask(self._server.table(sources, targets))
        except Silent:
            draft.silences += 1
            raise
        draft.silences = 0
        return self._server.read_table(status, said, (len(sources), len(targets)))

    async def _sort_out(self, draft: Draft, places: set[int]) -> None:
        """Finds who of the places is near no road, and who has a way to whom. Raises Silent and Refused."""
        unknown = (
            places - draft.lost - {place for known in draft.regions.values() for place in known}
        )
        for first, region in draft.regions.items():
            region |= await self._joined(draft, first, sorted(unknown))
            unknown -= region
        everywhere = tuple(range(len(draft.points)))
        while unknown:
            first = min(unknown)
            unknown.remove(first)
            if await self._joined(draft, first, [first]):
                region = {first, *await self._joined(draft, first, sorted(unknown))}
                draft.regions[first] = region
                unknown -= region
            else:
                draft.lost.add(first)
                draft.dig(Block((first,), everywhere))
                draft.dig(Block(everywhere, (first,)))

    async def _joined(self, draft: Draft, first: int, places: Sequence[int]) -> set[int]:
        """Those of the places to which the server knows a way from the first one, by halving. Raises Silent and Refused."""
        if not places:
            return set()
        if gives_up(draft):
            raise Silent(draft.why)
        try:
            await self._ask(draft, Block((first,), tuple(places)))
        except (OffRoad, TooBig):
            if len(places) == 1:
                return set()
            half = len(places) // 2
            found = await self._joined(draft, first, places[:half])
            return found | await self._joined(draft, first, places[half:])
        return set(places)


def smaller(draft: Draft, block: Block, refused: Refused) -> Iterable[Block]:
    """The halves of a block that was refused whole; of a pair, which has none, the end of it is noted."""
    if isinstance(refused, TooBig | NoWay) and not block.is_pair:
        return block.halves()
    if isinstance(refused, NoWay):
        draft.dig(block)
    else:
        draft.why = str(refused)
    return ()


def gives_up(draft: Draft) -> bool:
    """Whether further queries are of no use."""
    return draft.silences >= GIVE_UP_AFTER or draft.questions >= MOST_QUESTIONS


def begin(points: tuple[Point, ...], known: Matrix | None, *, questions: int = 0) -> Draft:
    """Everything guessed, but what is known between these points."""
    made = estimated(points)
    n = len(points)
    kinds = bytearray([GUESSED]) * (n * n)
    kinds[:: n + 1] = bytes(n)  # the diagonal
    draft = Draft(points, made.seconds[:], made.metres[:], kinds, questions=questions)
    if known is None:
        return draft
    size = len(known.points)
    row_of = {point: row for row, point in enumerate(known.points)}
    rows = [(place, row_of[point]) for place, point in enumerate(points) if point in row_of]
    for a, from_row in rows:
        for b, to_row in rows:
            at, was = a * n + b, from_row * size + to_row
            if known.kinds[was] != GUESSED:
                draft.seconds[at], draft.metres[at] = known.seconds[was], known.metres[was]
                draft.kinds[at] = known.kinds[was]
    return draft


def fall_back(draft: Draft, older: Draft) -> None:
    """What is still guessed, as an older matrix has it."""
    for at, kind in enumerate(draft.kinds):
        if kind == GUESSED:
            draft.seconds[at], draft.metres[at] = older.seconds[at], older.metres[at]
            draft.kinds[at] = older.kinds[at]


def missing(draft: Draft, side: int) -> Iterator[Block]:
    """The guessed pairs as rectangles of at most this side; rows that miss the same are asked together."""
    n = len(draft.points)
    rows: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for a in range(n):
        lacks = [b for b in range(n) if draft.kinds[a * n + b] == GUESSED]
        if (
            lacks and len(lacks) == n - 1
        ):  # a new place: with itself it lacks what other new places lack
            lacks = list(range(n))
        if lacks:
            rows[tuple(lacks)].append(a)
    for lacked, sources in rows.items():
        for i in range(0, len(sources), side):
            for j in range(0, len(lacked), side):
                yield Block(tuple(sources[i : i + side]), lacked[j : j + side])
