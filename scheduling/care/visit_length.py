"""Length of a visit: set up, inject in waves, observe the last resident, pack."""

from scheduling.care.lookup import by_id, needs_by_key
from scheduling.care.members import injectors_for
from scheduling.plan import Visit
from scheduling.problem import Campaign, Location, Need, Problem, Shift

STANDARD_OBSERVATION = 900  # seconds
# Seconds per person by observation seats, from the slot guide of the NHG (GPs' college) for 15 minutes of observation.
SLOT_SECONDS = {1: 900, 2: 420, 3: 300, 4: 300, 5: 240, 6: 180}
SLOT_SECONDS_OF_MANY_SEATS = 120  # from seven seats on


def slot_seconds(seats: int, observation_seconds: int) -> int:
    """Seconds per person once all observation seats are taken: then the seats set the pace, not the injectors."""
    slot = SLOT_SECONDS.get(max(1, seats), SLOT_SECONDS_OF_MANY_SEATS)
    return -(-slot * observation_seconds // STANDARD_OBSERVATION)


def injection_seconds(campaign: Campaign, seats: int, injectors: int, people: int) -> int:
    """Seconds from the first injection to the last: in waves of injectors, or at the pace of the seats when that is slower."""
    waves = -(-people // max(1, injectors)) * campaign.seconds_per_person
    waiting_for_seats = max(0, people - seats) * slot_seconds(seats, campaign.observation_seconds)
    return max(waves, waiting_for_seats)


class ServiceTimes:
    """Lengths of the visits of one problem, for every shift."""

    def __init__(self, problem: Problem) -> None:
        self._locations = by_id(problem.locations)
        self._campaigns = by_id(problem.campaigns)
        self._needs = needs_by_key(problem)
        self._given = {fixed.visit_id: fixed.service_seconds for fixed in problem.fixed} | {
            crisis.id: crisis.service_seconds for crisis in problem.crisis_visits
        }

    def seconds(self, visit: Visit, shift: Shift) -> int:
        """Seconds from `start` to `departure`; a pinned or frozen stop keeps its published length."""
        if visit.id in self._given:
            return self._given[visit.id]
        assert visit.campaign_id is not None
        location = self._locations[visit.location_id]
        needs = [self._needs[person, visit.campaign_id, dose] for person, dose in visit.needs]
        injectors = injectors_for(shift, visit.product_id)
        return of_people(self._campaigns[visit.campaign_id], location, needs, injectors)


def of_people(campaign: Campaign, location: Location, needs: list[Need], injectors: int) -> int:
    """Seconds of a visit to these residents; who is observed longer is injected first, so that the observations overlap."""
    if not needs:
        return 0
    usual = campaign.observation_seconds
    longer = [need.observation_seconds or 0 for need in needs]
    longer = [seconds for seconds in longer if seconds > usual]
    injecting = injection_seconds(campaign, location.seats, injectors, len(needs))
    end = injecting + usual
    if longer:
        first = injection_seconds(campaign, location.seats, injectors, len(longer))
        end = max(end, first + max(longer))
    extra = sum(need.extra_seconds for need in needs)
    return location.setup_seconds + end + extra + location.pack_seconds


def service_seconds(problem: Problem, visit: Visit, shift: Shift) -> int:
    """Seconds of one visit by one shift; for many of them make one `ServiceTimes`."""
    return ServiceTimes(problem).seconds(visit, shift)
