"""Writes in words which changes of a plan go out by themselves, what counts first in a plan, and who goes first."""

from datetime import datetime
from typing import Final

from events.organisations import PolicyChanged
from events.supply import CampaignOpened
from infra.postgres.pages.agreements import Agreements, Said
from services.web import moments
from services.web.wording import Wording

# The order in which plans are compared (scheduling.plan.Values).
ORDER: Final = ("people", "next_doses", "doses", "moves", "hours", "metres")


def write_policy(policy: PolicyChanged, t: Wording) -> list[str]:
    """Which changes go out by themselves, and which wait for a planner, a sentence for each kind."""
    if not policy.publish_automatically:
        return [t("agreement.by_hand"), t("agreement.always")]
    kinds = {
        "new": policy.auto_new,
        "team": policy.auto_team,
        "day": policy.auto_day,
        "taken": policy.auto_taken,
        "dropped": policy.auto_dropped,
        "offers": policy.auto_offers,
    }
    texts = {name: t(f"agreement.{name}.{'yes' if may else 'no'}") for name, may in kinds.items()}
    ordered = (texts["new"], write_time(policy.auto_time_minutes, t), texts["team"], texts["day"])
    return [
        *ordered,
        texts["taken"],
        texts["dropped"],
        texts["offers"],
        t("agreement.always"),
    ]


def write_time(most: int | None, t: Wording) -> str:
    """Whether another time on the same day goes out by itself."""
    if most is None:
        return t("agreement.time.yes")
    return t("agreement.time.some", minutes=t.number(most)) if most else t("agreement.time.no")


def write_order(t: Wording) -> list[str]:
    """What counts first when plans are compared."""
    return [t(f"agreement.order.{name}") for name in ORDER]


def write_campaign(campaign: CampaignOpened, t: Wording) -> str:
    """Who goes first in a campaign, by the number that the GGD gave."""
    ranked = sorted(campaign.priorities.items(), key=lambda item: (-item[1], item[0].value))
    if not ranked:
        return t("agreement.campaign.none", campaign=campaign.name)
    groups = [f"{t(f'indication.{one.value}')} ({t.number(number)})" for one, number in ranked]
    return t("agreement.campaign", campaign=campaign.name, groups="; ".join(groups))


def write_said(said: Said | None, now: datetime, t: Wording) -> str:
    """Who said it, and when."""
    if said is None:
        return t("agreement.usual")
    who = said.actor or t("decided.unknown")
    if said.organisation:
        who = t("decided.for", who=who, organisation=said.organisation)
    return t("agreement.said", who=who, when=moments.short_moment(said.at, now, t))


def write_campaigns(found: Agreements, now: datetime, t: Wording) -> list[str]:
    """Who goes first in each campaign, and who said so."""
    return [
        f"{write_campaign(campaign, t)} {write_said(said, now, t)}"
        for campaign, said in found.campaigns
    ]
