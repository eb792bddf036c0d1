"""Prices the routes of one shift: a beam over orders of visits in arrays, the best sets of visits returned.

A label is a route under way. Each goes on to every visit that still fits, with and without the break on
that leg; of labels that made the same visits and stand at the same door the earliest is kept.
"""

from dataclasses import dataclass, replace

import numpy as np

from scheduling.solver.column_params import BeamParams
from scheduling.solver.columns.arrays import NEVER, Bools, ColumnArrays, Floats, Ints
from scheduling.solver.columns.labels import Containers, Labels, choose_best, drop_equals

Key = tuple[int, frozenset[int]]  # shift and visits


@dataclass(frozen=True, slots=True)
class Column:
    """A route of one shift: its visits in order, what it gains in points, and the doses it takes by product."""

    shift: int
    visits: tuple[int, ...]
    gain: float
    loads: tuple[int, ...]

    @property
    def key(self) -> Key:
        """Of columns with the same key the one that gains most is kept."""
        return self.shift, frozenset(self.visits)


@dataclass(frozen=True, slots=True)
class Prices:
    """What the duals make of visits, doses and shifts, and the doses that are left."""

    worth: Floats  # by visit and shift: gain minus duals
    dose: Floats  # by shift and product, for containers that travel
    shift: Floats
    close: Floats  # by shift: of a route that ends at an outbreak
    left: Ints  # doses by shift and product


class ShiftPricing:
    """One shift under these prices."""

    def __init__(self, arrays: ColumnArrays, s: int, prices: Prices, beam: BeamParams) -> None:
        self.arrays, self.s, self.prices, self.beam = arrays, s, prices, beam
        self.shift, self.opens = arrays.indexed.shifts[s], arrays.indexed.opens[s]
        self.has_pins = bool(arrays.shifts[s].pinned)
        rows = self._choose_candidates()
        self.visits = arrays.shifts[s].visits[rows]
        self.service = arrays.shifts[s].service[rows]
        self.worth = prices.worth[self.visits, s]
        self.load, self.product = arrays.load[self.visits], arrays.product[self.visits]
        self.last = arrays.must_be_last[self.visits]
        self.travels = arrays.travels[self.visits]
        self.bits: Ints = np.int64(1) << np.arange(len(self.visits), dtype=np.int64)
        self._measure_roads()
        self._close_windows(rows)
        self._find_pins()
        self.left = np.append(np.minimum(prices.left[s], self.shift.capacity), NEVER)

    def _choose_candidates(self) -> Ints:
        """Pinned visits, then those that are worth most for the time they take."""
        mine = self.arrays.shifts[self.s]
        rank = self.prices.worth[mine.visits, self.s] / (
            mine.service + self.arrays.params.leg_seconds
        )
        if self.has_pins:
            rank[np.isin(mine.visits, mine.pinned)] = np.inf
        order = np.argsort(-rank, kind="stable")[: self.beam.candidates]
        chosen: Ints = order[rank[order] > 0]
        return chosen

    def _measure_roads(self) -> None:
        """Seconds between candidates; the last row leads from the depot. Nothing follows an outbreak elsewhere."""
        places, home = self.arrays.place[self.visits], self.arrays.indexed.home[self.s]
        self.road: Ints = self.arrays.travel[np.append(places, home)[:, None], places]
        self.homeward: Ints = self.arrays.travel[places, home]
        if self.last.any():
            apart = np.append(places, -1)[:, None] != places[None, :]
            self.road = np.where(np.append(self.last, False)[:, None] & apart, NEVER, self.road)

    def _close_windows(self, rows: Ints) -> None:
        """Windows that close when the crew would come home too late, its break included where it is still to come."""
        mine, pause, end = self.arrays.shifts[self.s], self.shift.pause, self.shift.end
        rested = end - self.homeward - self.service
        tired = rested
        if pause is not None:
            tired = np.minimum(pause.latest - self.service, rested - pause.seconds)
            if pause.earliest + pause.seconds > end:
                tired = np.full_like(rested, -NEVER)
        self.windows: list[tuple[Ints, Ints]] = [
            (mine.opens[w, rows], np.minimum(mine.closes[w, rows], np.array([tired, rested])))
            for w in range(len(mine.opens))
        ]

    def _find_pins(self) -> None:
        self.pins: list[int] = []
        if self.has_pins:
            pinned = np.isin(self.visits, self.arrays.shifts[self.s].pinned)
            self.pins = np.flatnonzero(pinned).tolist()
        self.must_make = int(self.bits[self.pins].sum()) if self.pins else 0

    def find(self, least: float) -> list[Column]:
        """The best columns whose reduced gain is more than `least`, the best first."""
        count = len(self.visits)
        if not count or len(self.pins) < len(self.arrays.shifts[self.s].pinned):
            return []
        rates = self.worth / (self.service + self.arrays.params.leg_seconds)
        rate = float(np.sort(rates)[-self.arrays.params.best_for_rate :].mean())
        labels, found = self._begin(), list[Labels]()
        while labels.order.shape[1] < count:
            labels = self._extend(labels, rate)
            if not len(labels.ready):
                break
            found.append(labels)
        return self._best_columns(found, least) if found else []

    def _begin(self) -> Labels:
        kinds = len(self.arrays.products) + 1
        nothing = np.zeros((1, kinds), dtype=np.int64)
        return Labels(
            ready=np.array([self.opens]),
            rested=np.array([self.shift.pause is None]),
            last=np.array([len(self.visits)]),
            made=np.zeros(1, dtype=np.int64),
            loads=nothing,
            value=np.array([self.prices.shift[self.s]]),
            road=np.zeros(1, dtype=np.int64),
            order=np.zeros((1, 0), dtype=np.int64),
            containers=Containers(nothing, nothing) if self.travels.any() else None,
        )

    def _extend(self, labels: Labels, rate: float) -> Labels:
        """Every label with every visit that fits after it, the best of them."""
        third = max(1, self.beam.width // 3)
        drive = self.road[labels.last]
        rows, rested, start = self._start_times(labels, drive)
        fits = (start < NEVER) & self._has_room(labels)[rows]
        label, visit = np.nonzero(fits)
        ready = start[label, visit] + self.service[visit]
        road = drive[rows[label], visit]
        value = labels.value[rows[label]] + self.worth[visit]
        value -= self.arrays.params.road_points * road
        # twice as many as are kept, as some will be equals
        best = choose_best(value, ready - self.opens, rate, 2 * third, self.arrays.params.tastes)
        label, visit = label[best], visit[best]
        before = labels.pick(rows[label])
        made = replace(
            before,
            ready=ready[best],
            rested=rested[label],
            last=visit,
            made=before.made | self.bits[visit],
            value=value[best],
            road=before.road + road[best],
            order=np.concatenate([before.order, visit[:, None]], axis=1),
        )
        made = drop_equals(self._keep_possible(self._load(made, start[label, visit])))
        return made.pick(
            choose_best(made.value, made.ready - self.opens, rate, third, self.arrays.params.tastes)
        )

    def _start_times(self, labels: Labels, drive: Ints) -> tuple[Ints, Bools, Ints]:
        """Start of service at each visit, NEVER where it is too late: a row for each label, then one for each break."""
        arrival, rested = labels.ready[:, None] + drive, labels.rested
        rows, pause = np.arange(len(labels.ready)), self.shift.pause
        if pause is not None:
            resting = np.flatnonzero(~rested & (labels.ready <= pause.latest))
            later = np.maximum(arrival[resting], pause.earliest) + pause.seconds
            arrival = np.concatenate([arrival, later])
            rows = np.concatenate([rows, resting])
            rested = np.concatenate([rested, np.ones(len(resting), dtype=bool)])
        start = np.full(arrival.shape, NEVER, dtype=np.int64)
        by_rest = rested.astype(np.int64)
        for opens, closes in reversed(self.windows):
            moment = np.maximum(opens, arrival)
            start = np.where(moment <= closes[by_rest], moment, start)
        return rows, rested, start

    def _has_room(self, labels: Labels) -> Bools:
        """Visits that a label has not made and whose doses fit the cool box and the stock that is left."""
        free: Bools = (labels.made[:, None] & self.bits) == 0
        room = np.minimum(
            self.left - labels.loads, (self.shift.capacity - labels.loads.sum(axis=1))[:, None]
        )
        room[:, -1] = NEVER
        full: Bools = self.load > room[:, self.product]
        if self.pins:
            full[:, self.pins] = False
        fits: Bools = free & ~full
        return fits

    def _load(self, labels: Labels, start: Ints) -> Labels:
        """The doses of the last visit of each label."""
        loads = labels.loads.copy()
        loads[np.arange(len(start)), self.product[labels.last]] += self.load[labels.last]
        labels = replace(labels, loads=loads)
        return self._open_containers(labels, start) if labels.containers else labels

    def _open_containers(self, labels: Labels, start: Ints) -> Labels:
        """Doses from the container on board, while it lives, else from fresh ones."""
        assert labels.containers is not None
        rows = np.flatnonzero(self.travels[labels.last])
        last = labels.last[rows]
        product, doses = self.product[last], self.arrays.doses[self.visits[last]]
        kinds = self.arrays.indexed.problem.products
        life = np.array([row.open_seconds for row in kinds])[product]
        size = np.array([row.doses_per_container for row in kinds])[product]
        spare, opened = labels.containers.spare.copy(), labels.containers.opened.copy()
        alive = labels.ready[rows] <= opened[rows, product] + life
        left = np.where(alive, spare[rows, product], 0)
        fresh = -(-np.maximum(0, doses - left) // size) * size
        loads, value = labels.loads.copy(), labels.value.copy()
        loads[rows, product] += fresh
        spare[rows, product] = left + fresh - doses
        opened[rows, product] = np.where(fresh > 0, start[rows], opened[rows, product])
        value[rows] -= fresh * self.prices.dose[self.s, product]
        value[rows] -= self.arrays.params.wasted_points * (fresh - doses)
        return replace(labels, loads=loads, value=value, containers=Containers(spare, opened))

    def _keep_possible(self, labels: Labels) -> Labels:
        """Without labels that took more doses than there are, or that come too late for a pinned stop."""
        keeps = np.ones(len(labels.ready), dtype=bool)
        if labels.containers and not self.pins:
            keeps &= labels.loads[:, :-1].sum(axis=1) <= self.shift.capacity
            keeps &= (labels.loads <= self.left).all(axis=1)
        for pin in self.pins:
            reached = labels.ready + self.road[labels.last, pin] <= self.windows[0][0][pin]
            keeps &= reached | ((labels.made & self.bits[pin]) != 0)
        return labels if keeps.all() else labels.pick(keeps)

    def _best_columns(self, found: list[Labels], least: float) -> list[Column]:
        """The best sets of visits after the way home, with all that is pinned among them."""
        last = np.concatenate([row.last for row in found])
        value = np.concatenate([row.value for row in found])
        made = np.concatenate([row.made for row in found])
        value = value - self.arrays.params.road_points * self.homeward[last]
        value -= np.where(self.last[last], self.prices.close[self.s], 0.0)
        ends = np.cumsum([len(row.last) for row in found])
        good = np.flatnonzero((value > least) & ((made & self.must_make) == self.must_make))
        columns: list[Column] = []
        seen: set[int] = set()
        for k in good[np.argsort(-value[good], kind="stable")].tolist():
            if int(made[k]) not in seen:
                seen.add(int(made[k]))
                depth = int(np.searchsorted(ends, k, side="right"))
                columns.append(self._to_column(found[depth], k - int(ends[depth])))
                if len(columns) == self.beam.best:
                    break
        return columns

    def _to_column(self, labels: Labels, row: int) -> Column:
        """The route of a label, with what it gains whatever the prices are; rows count from the end."""
        order, params = labels.order[row], self.arrays.params
        visits, loads = self.visits[order], labels.loads[row][:-1]
        road = int(labels.road[row] + self.homeward[order[-1]])
        gain = float(self.arrays.gain[visits, self.s].sum()) - params.road_points * road
        travelling = self.travels[order]
        if travelling.any():
            kinds = np.unique(self.product[order[travelling]])
            waste = int(loads[kinds].sum() - self.arrays.doses[visits[travelling]].sum())
            gain -= params.wasted_points * waste
        return Column(self.s, tuple(visits.tolist()), gain, tuple(loads.tolist()))
