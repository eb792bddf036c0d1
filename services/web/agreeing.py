"""Changes what a region agreed about its plans: the policy, and the decision that says who changed what and why, in one submission."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from events.identifiers import CampaignId, DecisionId
from events.organisations import DecisionKind, DecisionRecorded, PolicyChanged
from events.practice import Indication
from infra.identity import new_id
from infra.postgres.database import Who
from infra.postgres.locks import wait_to_change
from infra.postgres.pages.agreements import Agreements, Said, read_agreements
from services.accept.submission import Status
from services.web.agreements import write_campaign, write_limits, write_policy
from services.web.parts import Parts
from services.web.wording import Wording

LONGEST: Final = 280  # characters of a decision
# The fields of a policy that planners agree themselves; the others are of law, or of the region's systems.
BY_PLANNERS: Final = (
    "publish_automatically",
    "auto_new",
    "auto_time_minutes",
    "auto_team",
    "auto_day",
    "auto_taken",
    "auto_dropped",
    "auto_offers",
    "notice_days",
    "repair_moves",
)


class Overtaken(Exception):
    """Somebody agreed something else since the caller looked."""

    def __init__(self, said: Said | None) -> None:
        super().__init__("overtaken")
        self.said = said


class NothingNew(Exception):
    """What was asked is so already."""


class NoReason(Exception):
    """A change of what was agreed needs a reason, in words that can be stored."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a region would agree, beside what it agreed; `campaign` where it is about who goes first in one."""

    old: Agreements
    new: PolicyChanged
    campaign: CampaignId | None = None

    def list_changes(self, t: Wording) -> list[tuple[str, str]]:
        """What is so now and what would be, in sentences, where they differ."""
        if self.campaign is None:
            now, then = write_all(self.old.policy, t), write_all(self.new, t)
            gone = [text for text in now if text not in then]
            come = [text for text in then if text not in now]
            most = max(len(gone), len(come))
            gone += [""] * (most - len(gone))
            come += [""] * (most - len(come))
            return list(zip(gone, come, strict=True))
        pairs = [
            (write_campaign(one, t, self.old.policy), write_campaign(one, t, self.new))
            for one, _ in self.old.campaigns
            if one.campaign_id == self.campaign
        ]
        return [(now, then) for now, then in pairs if now != then]


def write_all(policy: PolicyChanged, t: Wording) -> list[str]:
    """What a region agreed about its plans, in sentences."""
    return [*write_policy(policy, t), *write_limits(policy, t)]


def to_token(said: Said | None) -> str:
    """Names what was agreed when somebody looked; empty where nobody agreed anything yet."""
    return f"{said.number}" if said else ""


def with_policy(old: Agreements, fields: Mapping[str, object]) -> Proposed:
    """The policy with other values of what planners agree. Raises ValidationError."""
    known = {name: value for name, value in fields.items() if name in BY_PLANNERS}
    whole = {**old.policy.model_dump(mode="json"), **known}
    return Proposed(old, PolicyChanged.model_validate(whole))


def with_priorities(
    old: Agreements, campaign: CampaignId, priorities: Mapping[Indication, int] | None
) -> Proposed:
    """The policy with other priorities in one campaign; None: those of the campaign again. Raises ValidationError."""
    rest = {name: said for name, said in old.policy.priorities.items() if name != campaign}
    agreed = rest if priorities is None else {**rest, campaign: dict(priorities)}
    whole = old.policy.model_copy(update={"priorities": agreed})
    new = PolicyChanged.model_validate(whole.model_dump(mode="json"))
    return Proposed(old, new, campaign)


async def agree(
    parts: Parts,
    who: Who,
    make: Callable[[Agreements], Proposed],
    seen: str,
    reason: str,
) -> Proposed:
    """Stores what a planner agreed, as it was looked at. Raises Overtaken, NothingNew or NoReason; ValidationError of `make`."""
    async with parts.reader.reading(who) as tx:
        await wait_to_change(tx, who.region)
        old = await read_agreements(tx, who.region)
        if to_token(old.said) != seen:
            raise Overtaken(old.said)
        wanted = make(old)
        if wanted.new == old.policy:
            raise NothingNew
        decided = to_decision(wanted, reason, parts.clock.now())
        outcomes = await parts.writing.agree(who, [wanted.new, decided])
    if any(one.status is Status.REJECTED for one in outcomes):
        raise NoReason
    return wanted


def to_decision(wanted: Proposed, reason: str, now: datetime) -> DecisionRecorded:
    """The decision in words, as the log of the region keeps it. Raises NoReason."""
    t = Wording("nl")
    said = " ".join(then for _, then in wanted.list_changes(t) if then)
    short = said if len(said) <= LONGEST else f"{said[: LONGEST - 3]}..."
    kind = DecisionKind.PRIORITY if wanted.campaign else DecisionKind.OTHER
    try:
        return DecisionRecorded(
            decision_id=DecisionId(new_id()),
            kind=kind,
            decision=short or t("agreement.back"),
            reason=reason,
            decided_at=now,
            campaign_id=wanted.campaign,
        )
    except ValidationError:
        raise NoReason from None
