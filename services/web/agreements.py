"""Writes in words which changes of a plan go out by themselves, what counts first in a plan, and who goes first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from events.organisations import PolicyChanged
from events.practice import Indication
from events.supply import CampaignOpened
from infra.postgres.pages.agreements import AgreedRow, Agreements, Said
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


def write_limits(policy: PolicyChanged, t: Wording) -> list[str]:
    """From when people count as told, and how many appointments may shift for somebody who goes first."""
    return [
        t.count("agreement.notice", policy.notice_days),
        t.count("agreement.repair", policy.repair_moves)
        if policy.repair_moves
        else t("agreement.repair.none"),
    ]


def write_time(most: int | None, t: Wording) -> str:
    """Whether another time on the same day goes out by itself."""
    if most is None:
        return t("agreement.time.yes")
    return t("agreement.time.some", minutes=t.number(most)) if most else t("agreement.time.no")


def write_order(t: Wording) -> list[str]:
    """What counts first when plans are compared."""
    return [t(f"agreement.order.{name}") for name in ORDER]


def find_priorities(campaign: CampaignOpened, policy: PolicyChanged) -> dict[Indication, int]:
    """Who goes first in a campaign: as the region agreed, else by the numbers of the campaign."""
    return policy.priorities.get(campaign.campaign_id, campaign.priorities)


def write_campaign(
    campaign: CampaignOpened, t: Wording, policy: PolicyChanged | None = None
) -> str:
    """Who goes first in a campaign, by the number that the GGD gave, or the region in its policy."""
    policy = policy or PolicyChanged()
    found = find_priorities(campaign, policy)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0].value))
    own = campaign.campaign_id in policy.priorities
    here = f" {t('agreement.campaign.here')}" if own else ""
    if not ranked:
        return t("agreement.campaign.none", campaign=campaign.name) + here
    groups = [f"{t(f'indication.{one.value}')} ({t.number(number)})" for one, number in ranked]
    return t("agreement.campaign", campaign=campaign.name, groups="; ".join(groups)) + here


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
        f"{write_campaign(campaign, t, found.policy)} {write_said(find_said(found, campaign, said), now, t)}"
        for campaign, said in found.campaigns
    ]


def find_said(found: Agreements, campaign: CampaignOpened, said: Said) -> Said:
    """Who said who goes first: who agreed the region's own order, else who sent the campaign."""
    return found.said if found.said and campaign.campaign_id in found.policy.priorities else said


def write_history(rows: Sequence[AgreedRow], now: datetime, t: Wording) -> list[str]:
    """What was agreed on a page, the newest first: when, by whom and why."""
    return [
        t(
            "agreement.history.line",
            said=write_said(Said(row.at, row.actor, row.organisation), now, t),
            decision=row.decision,
            reason=row.reason,
        )
        for row in rows
    ]
