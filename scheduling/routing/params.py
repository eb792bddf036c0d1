"""Every number that tunes the plain routing search, in one place, each with its reason or its measurement.

"No measurement known" is said where a number was chosen and never compared. Percentages are gaps to the
best known solution; CPU seconds of one core. Sources: docs/decisions/0010 (engines on public problems)
and docs/solver.md. The numbers are frozen and passed along; a bench or a test hands in others.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrToolsParams:
    """OR-Tools' routing library: first solution by savings, then guided local search."""

    # Iterations differ too much in length to be counted; solutions found are the only count that OR-Tools
    # limits by. No measurement known: it only has to be quick in tests.
    solutions_per_work: int = 20

    # The default set instead of eight core operators made sub-problems 3 % worse after 9 s (300 visits,
    # one run). The active and inactive family moves optional visits; Or-opt and Lin-Kernighan polish
    # one route.
    operators: tuple[str, ...] = (
        "use_relocate",
        "use_relocate_pair",
        "use_exchange",
        "use_cross",
        "use_two_opt",
        "use_or_opt",
        "use_make_active",
        "use_relocate_and_make_active",
        "use_make_inactive",
        "use_swap_active",
        "use_extended_swap_active",
        "use_lin_kernighan",
    )


@dataclass(frozen=True, slots=True)
class PyVrpParams:
    """PyVRP's iterated local search."""

    # 40,000 iterations take 13 to 18 s on 100 clients; so one unit of work is about 0.04 s.
    iterations_per_work: int = 100


@dataclass(frozen=True, slots=True)
class VroomParams:
    """VROOM: heuristics and a local search that end by themselves."""

    # Milliseconds for each client from which level 1, 2, ... 5 is chosen. Measured on 300 to 380
    # visits: level 1 took 2.3 to 4.6 s (8 to 12 ms for each), level 5 22 to 39 s (70 to 110 ms).
    # Between: interpolated.
    milliseconds_per_client: tuple[float, ...] = (6, 15, 25, 50, 100)

    # Seconds below which its own clock is not worth asking. No measurement known.
    shortest_seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class SisrParams:
    """Our slack induction by string removals (Christiaens and Vanden Berghe 2020); names as in the paper."""

    # One unit of work is about 0.05 s with 100 clients (2,000 rounds a second on an idle core).
    rounds_per_work: int = 100

    # The paper's c-bar: clients that a round removes on average. The paper's value.
    removed_on_average: int = 10

    # The paper's L-max: clients in one string at most. The paper's value.
    longest_string: int = 10

    # How often a string leaves a substring inside it in its route (the paper's "split string", alpha =
    # 0.5), and how often that substring stops to grow, client by client. The paper lets it grow with a
    # chance of 0.01 (beta), so nearly always by one; here it is one half. No measurement known.
    split_string_rate: float = 0.5
    substring_stop_rate: float = 0.5

    # The paper's blink rate: how often an insertion is passed over. The paper's value.
    blink_rate: float = 0.01

    # How often, while somebody is unassigned, room is made near one of them. Ours: the paper serves
    # everybody. No measurement known.
    near_unassigned_rate: float = 0.3

    # How often a route is split in two. Ours: insertion alone hardly ever changes the number of vehicles
    # (RC103 stuck at its number of routes; docs/decisions/0010).
    split_route_rate: float = 0.1

    # Temperatures as a share of the mean arc of the first plan. A tenth of the mean arc at the start
    # made seeds differ by 4 % on RC103, a whole arc by 0.2 %. The end: no measurement known.
    start_temperature: float = 1.0
    end_temperature: float = 0.003

    # Neighbours of a client that a ruin looks at; the paper looks at all. No measurement known.
    neighbours: int = 100

    # Clients beside which an insertion is tried first, so many before it and so many behind it. R1_200, R2_200,
    # C2_400 and R1_400 drawn, 14,000 rounds, one seed: 10 39,382 / 27,847 / 31,336 / 107,196; 20 38,879 / 27,390 /
    # 31,601 / 107,422; 40 38,949 / 27,557 / 32,340 / 106,737, and a fifth slower.
    partners: int = 20

    # The same where vehicles differ: most partners are then in routes of other days or crews. First plans of three
    # regions of 300 visits and some 75 shifts, equal rounds, seconds of work in thousands: 20 1,327 / 1,252 / 1,341,
    # 60 1,308 / 1,233 / 1,335, all 1,324 / 1,242 / 1,348; 1.4, 1.6 and 2.4 CPU seconds with all that goes before
    # and after. Numpy over all gaps: 1,308 / 1,228 / 1,335 and 1.3 s.
    partners_of_kinds: int = 60

    # What a second of waiting that no route can avoid counts for a partner, as a share of a second on the road.
    # No measurement known; it only decides who is tried first.
    waiting_share: float = 0.2

    # How often each order of recreation is drawn: the paper's weights (random 4, demand 4, far 2, close
    # 1), and two by time window (narrow ones first, early ones first), weighted 2 each. No measurement
    # known of these two.
    orders: tuple[str, ...] = (
        ("random",) * 4 + ("load",) * 4 + ("far",) * 2 + ("near",) + ("tight",) * 2 + ("early",) * 2
    )

    # Rounds between looks at the clock. No measurement known; a round takes about half a millisecond.
    rounds_between_clock: int = 16

    # Legs on which the break is tried before all legs are: those that may hold it soonest mostly hold
    # it best. No measurement known.
    break_legs_tried: int = 3


@dataclass(frozen=True, slots=True)
class EngineParams:
    """What each engine is told beside the problem."""

    ortools: OrToolsParams = OrToolsParams()
    pyvrp: PyVrpParams = PyVrpParams()
    vroom: VroomParams = VroomParams()
    sisr: SisrParams = SisrParams()

    # Seconds of an effort that is spent already: some engines take 0 for no limit. No measurement known.
    shortest_seconds: float = 0.02


@dataclass(frozen=True, slots=True)
class DecompositionParams:
    """How a routing problem is cut into sub-problems of related vehicles (after POPMUSIC, Taillard and Voss)."""

    # PyVRP is given everything up to so many clients; above it the problem is cut. No measurement
    # known: chosen above the 400 customers of the largest public problems that it was measured on
    # whole.
    whole_up_to: int = 450

    # Clients in a sub-problem of each engine that solves them here. No measurement known.
    pyvrp_clients: int = 200
    sisr_clients: int = 120

    # Clients in the long run of SISR at most. Its rounds hardly grow with the problem: 2,500 a CPU second at 200
    # clients, 1,750 to 2,000 at 400. No measurement above 400 known.
    long_run_clients: int = 1_000

    # Unassigned clients, and idle vehicles of each kind, that a sub-problem takes along. No measurement
    # known.
    unassigned: int = 8
    idle_vehicles: int = 2


@dataclass(frozen=True, slots=True)
class PartsParams:
    """The parts that guided local search is given one after the other."""

    # Clients in a part and seconds for it. R2_400, C2_400 and R1_400 drawn, 6 CPU seconds each, busy
    # machine: 100 clients for 0.5 s 83,161 / 33,041 / 117,722; 60 for 0.3 s 93,852 / 38,579 / 117,194;
    # 150 for 1 s 86,961 / 31,760 / 119,074.
    clients: int = 100
    seconds: float = 0.5

    # What is left is given to the last part whole when it is less than so many usual parts.
    last_part_factor: float = 1.5

    # Of a part where work is counted, in units of the engine. For tests only.
    work: int = 1


@dataclass(frozen=True, slots=True)
class PortfolioParams:
    """Which engine is drawn where PyVRP is not: guided local search on parts, or SISR."""

    # How often a worker tries the engine that gains less. No measurement known.
    explore_rate: float = 0.25

    # How much of an engine's score its last job is. No measurement known.
    newest_share: float = 0.5

    # Clients in a route from which guided local search is tried first. SISR was 39 and 14 % behind on
    # routes of 20 to 50, and 2 to 6 % on routes of 10.
    long_route: float = 12.0


@dataclass(frozen=True, slots=True)
class RoundsParams:
    """How the time of one routing search is shared out."""

    # For VROOM's first plan: level 1 takes 2.3 to 4.6 s on 300 to 380 visits.
    vroom_seconds: float = 5.0
    vroom_level: int = 1

    # Of a round, by engine. PyVRP in 1, 4 or 16 slices from the best so far: no difference beyond that
    # of seeds.
    pyvrp_seconds: float = 4.0
    sisr_seconds: float = 3.0

    # The same where work is counted instead of seconds, in units of the engine. For tests only.
    pyvrp_work: int = 50
    sisr_work: int = 5
    parts_work: int = 2

    # What is left is given to the last round whole when it is less than so many usual rounds.
    last_round_factor: float = 1.5

    # Where PyVRP does not work: the share of the time for one long run of SISR on everything, on every worker.
    # R2_400 drawn, 17 CPU seconds: a run from hot to cold 5.7 % above the best known, one that begins at 0.4 of
    # the cooling 12.9 %, guided local search on parts 17.8 %.
    long_run_share: float = 0.6

    # Where PyVRP works on several workers: the share of the time for one such run on one of them, beside PyVRP.
    # C2_400 drawn, 30 s: PyVRP on both workers 3,310.8 with 13 routes (3,310.3 after long runs), with this 3,178.3 with
    # 11; C2, R1, R2 and RC1_400 of another seed 2,664.6 / 10,687.9 / 5,882.3 / 7,634.8 and 2,664.2 / 10,690.1 /
    # 5,896.2 / 7,623.4, which is noise (the first four in part on a busy machine).
    beside_share: float = 0.3

    # Of the whole time: the first plans at most, and each later try of SISR on everything.
    first_try_share: float = 0.1
    later_try_share: float = 0.225

    # How much of its cooling is over where SISR goes on from good routes instead of from nothing.
    # No measurement known.
    cooled_at_restart: float = 0.4

    # Rounds between two choices among all routes seen, and seconds for one at most. Set partitioning over
    # routes of one engine gains 0.1 % at most, so it gets little.
    rounds_between_choices: int = 4
    choice_seconds: float = 1.0

    # What is kept of the time for the last choice: so many times the longest so far, and what is taken for
    # that before the first. The workers are idle meanwhile.
    choice_factor: float = 1.5
    first_choice_seconds: float = 0.05

    # Seconds that are worth another round. No measurement known.
    shortest_seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class SetPartitioningParams:
    """The choice of the best set of routes seen: GLOP prices them, CP-SAT chooses."""

    # CP-SAT on 13,000 to 28,000 columns answered UNKNOWN after 2.5 s; up to 5,000 it chooses.
    columns: int = 5_000

    # GLOP takes 0.1 to 0.8 s for 18,000 columns, 3.5 to 5.4 s for 60,000: so the pool forgets its oldest.
    pool_routes: int = 20_000

    # CP-SAT's own count of work, so that the same seed chooses the same. No measurement known.
    deterministic_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class WorkerParams:
    """The patience of whoever gives work to other processes; seconds."""

    # Beyond its effort, before a worker is taken for lost. No measurement known: generous, as a worker
    # that is lost in truth ends its pipe and is seen at once.
    grace_seconds: float = 15.0

    # Between two questions whether to stop: a person who stops a search should not notice them.
    stop_seconds: float = 0.2


@dataclass(frozen=True, slots=True)
class RoutingParams:
    """Every number of the plain routing search."""

    engines: EngineParams = EngineParams()
    decomposition: DecompositionParams = DecompositionParams()
    rounds: RoundsParams = RoundsParams()
    parts: PartsParams = PartsParams()
    portfolio: PortfolioParams = PortfolioParams()
    set_partitioning: SetPartitioningParams = SetPartitioningParams()
    workers: WorkerParams = WorkerParams()


DEFAULT = RoutingParams()
