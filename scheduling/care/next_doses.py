"""The next doses that a stop leaves owed: how many, in whole containers, and on which days they may be given."""

from collections.abc import Collection, Iterable

from scheduling.care.doses import in_containers, interval_of
from scheduling.care.lookup import NeedKey, by_id, day_of
from scheduling.care.stock import Span
from scheduling.problem import Problem


def next_doses_of(
    problem: Problem,
    product_id: str | None,
    campaign_id: str | None,
    start: int,
    doses: Iterable[tuple[str, int]],
    planned: Collection[NeedKey] = (),
) -> Span | None:
    """Next doses of who gets these doses (person, dose number) at this moment, but for those that are planned; None without any."""
    campaign = by_id(problem.campaigns).get(campaign_id or "")
    product = by_id(problem.products).get(product_id or "")
    if campaign is None or product is None or not campaign.reserve_next_dose:
        return None
    people = sum(
        dose < campaign.doses and (person, campaign.id, dose + 1) not in planned
        for person, dose in doses
    )
    day = day_of(problem, start)
    least, most = interval_of(campaign, product)
    return Span(day + least, day + most, in_containers(product, people)) if people else None


def next_doses_of_kept(problem: Problem, product_id: str) -> list[Span]:
    """Next doses that the kept stops leave owed, of a product: nobody has reserved them until the doses are given."""
    spans = (
        next_doses_of(problem, row.product_id, row.campaign_id, row.start, row.doses)
        for row in problem.kept.stops
        if row.product_id == product_id
    )
    return [span for span in spans if span is not None]
