"""Says in words why a decision on a plan could not be taken: who was first, and what cannot stand alone."""

from datetime import datetime

from events.local_time import to_local_date
from infra.postgres.pages.plan_versions import Version
from services.web import moments
from services.web.plan_decisions import CannotStandAlone, Decided
from services.web.plan_difference import write_line
from services.web.wording import Wording


def write_decided(error: Decided, now: datetime, t: Wording) -> str:
    """Who decided what, and when, on a plan that somebody wanted to decide on."""
    version, published = error.version, error.published
    values = {"number": t.number(version.number)}
    if version.state == "rejected" and version.decision:
        text = t("plan.was_rejected", **values, **_by(version, now, t))
        reason = version.decision.reason
        return f"{text} {t('plan.why', reason=reason)}" if reason else text
    if version.published_at is not None:
        return t(_key(version), **values, **_by(version, now, t))
    if published is not None and published.published_at is not None:
        other = {"number": t.number(published.number)}
        first = t(_key(published), **other, **_by(published, now, t))
        return f"{first} {t('plan.was_overtaken', **values)}"
    return t("plan.was_overtaken", **values)


def _key(version: Version) -> str:
    return "plan.was_published" if version.decision else "plan.was_published.itself"


def _by(version: Version, now: datetime, t: Wording) -> dict[str, str]:
    at = version.decision.at if version.decision else version.published_at
    assert at is not None
    return {"who": write_who(version, t), "when": write_when(at, now, t)}


def write_when(at: datetime, now: datetime, t: Wording) -> str:
    """A day and a time, as in a sentence."""
    return moments.short_moment(at, now, t) if _is_today(at, now) else _day_and_time(at, t)


def _is_today(at: datetime, now: datetime) -> bool:
    return to_local_date(at) == to_local_date(now)


def _day_and_time(at: datetime, t: Wording) -> str:
    day = moments.short_day(to_local_date(at), t)
    return t("plan.when", day=day, time=moments.clock_time(at))


def write_who(version: Version, t: Wording) -> str:
    """Who decided on a plan, for which organisation."""
    decision = version.decision
    if decision is None:
        return t("plan.by_itself")
    who = decision.actor or t("decided.unknown")
    if decision.organisation:
        return t("decided.for", who=who, organisation=decision.organisation)
    return who


def write_refused(error: CannotStandAlone, t: Wording) -> list[str]:
    """Each line that cannot stand alone, the rule that it would break, and the lines that it needs."""
    texts = []
    for row in error.refused:
        line = write_line(error.lines[row.name], error.names, t)
        texts.append(f"{line} {t('plan.cannot', rule=t(f'rule.{row.rule}'))}")
        needed = [write_line(error.lines[name], error.names, t) for name in row.needs]
        if needed:
            texts.append(f"{t('plan.needs')} {' '.join(needed)}")
    if error.unknown:
        texts.append(t.count("plan.changed", len(error.unknown)))
    return texts
