"""The open status: totals in fives, ages and lags; and the health of this process."""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from infra.clock import SystemClock
from infra.errors import Unavailable
from infra.metrics import CONTENT_TYPE, Metrics
from infra.postgres.break_glass import list_due
from infra.postgres.database import Who
from infra.postgres.heartbeats import is_silent
from infra.postgres.migrate import read_migrations
from infra.postgres.pages import quarantine, speaking, status
from infra.postgres.pages.destinations import DestinationRow, destination_rows
from infra.tokens import SENDER
from services.web.access import find_open_seat, find_seat
from services.web.alarms import (
    hide_state,
    hide_topics,
    judge_process,
    list_alarms,
    list_claims,
    list_guessing,
    list_intake_alarms,
    list_reviews,
    select_own,
)
from services.web.frame import has_vendor
from services.web.kept_status import KeptStatus, is_of_now, list_plan_ids
from services.web.outlines import read_region_names
from services.web.pages.speaking import CLAIMED_WITHIN, find_many
from services.web.parts import Parts, get_parts
from services.web.planning import describe_activity, find_activity
from services.web.wording import LANGUAGES, Wording

router = APIRouter()
NOBODY: Final = Who("", "", None, "status")
NEEDED: Final = ("intake", "planner", "relay", "courier")


@router.get("/status", tags=["status"])
async def show_status(request: Request) -> JSONResponse:
    """Numbers per region and campaign with their age, and the state of every process; to whom it concerns also the topics."""
    parts, claimed = get_parts(request), find_seat(request)
    said = await read_status(parts)
    if claimed is None or claimed.who.role not in ("planner", SENDER):
        return JSONResponse(said)
    seat = await find_open_seat(request)
    if seat is None:
        return JSONResponse(said)
    own = await read_own(parts, seat.who)
    return JSONResponse(said | {"own": own}, headers={"Cache-Control": "no-store"})


async def read_own(parts: Parts, who: Who) -> dict[str, Any]:
    """Read what is so of the topics of a planner's region, or of a connected system's own."""
    async with parts.reader.reading(who) as tx:
        refused = await quarantine.count_refused(tx)
        gaps = await quarantine.gaps(tx)
        stops = await quarantine.stops(tx)
        alarms = list_intake_alarms(await status.processes(tx))
    return {
        "set_aside": [
            {"topic": topic, "reason": reason, "records": records}
            for topic, reason, records in refused
        ],
        "gaps": [{"topic": topic, "gaps": count} for topic, count in gaps],
        "stopped": [
            {
                "topic": stop.topic,
                "stopped_at": write_moment(stop.stopped_at),
                "refused": stop.refused,
                "of_last": stop.of_last,
            }
            for stop in stops
        ],
        "alarms": select_own(alarms, who),
    }


@router.get("/healthz", tags=["status"])
async def is_alive() -> PlainTextResponse:
    """Liveness: this process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", tags=["status"])
async def is_ready(request: Request) -> JSONResponse:
    """Readiness: whether pages can be served (database, migrations); also processes and assets."""
    checks = await check_parts(get_parts(request))
    ready = checks["database"] == "ok" and checks["migrations"] == "ok"
    return JSONResponse({"ready": ready, **checks}, status_code=200 if ready else 503)


@router.get("/metrics", tags=["status"])
async def show_metrics(request: Request) -> Response:
    """The same numbers for Prometheus."""
    parts = get_parts(request)
    try:
        measure(parts, await read_status(parts))
    except Unavailable:
        parts.metrics.forget()
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE)


async def read_status(parts: Parts) -> dict[str, Any]:
    """Read the content of /status, computed once a second and whenever a plan was made. Raises Unavailable."""
    for kept in parts.kept_status:
        if await is_of_now(parts, NOBODY, kept):
            said: dict[str, Any] = kept.said
            return said
    instant, heard = parts.clock.monotonic(), parts.hub.heard
    async with parts.reader.reading(NOBODY) as tx:
        plans = await status.plans(tx)
        found = {
            "people": await status.people(tx),
            "unassigned": await status.unassigned(tx),
            "left_out": await status.unassigned_in_all(tx),
            "stock": await status.stock(tx),
            "quarantined": await status.quarantined_lots(tx),
            "plans": plans,
            "regions": await status.regions(tx),
            "processes": await status.processes(tx),
            "set_aside": await status.set_aside_totals(tx),
            "gaps": await status.gaps(tx),
            "destinations": await destination_rows(tx),
            "stopped": await status.stopped(tx),
            "claims": await speaking.claims(tx, parts.clock.now() - CLAIMED_WITHIN),
            "questions": await speaking.questions(tx),
            "reviews": await list_due(tx),
        }
    said = compose(parts, found)
    parts.kept_status[:] = [KeptStatus(instant, heard, list_plan_ids(plans), said)]
    return said


def compose(parts: Parts, found: dict[str, Any]) -> dict[str, Any]:
    """Compose the status; people and stock are in fives, so that no subtraction tells of few people."""
    now, real_now = parts.clock.now(), SystemClock().now()
    return {
        "version": version("prikploeg"),
        "at": now.isoformat(),
        "rounded": "people and doses in stock are in fives: each number may be a few off, so that nobody is recognised",
        "whom_totals_count": {language: Wording(language)("totals.whom") for language in LANGUAGES},
        "regions": [
            {
                "region": row.region,
                "name": read_region_names().get(row.region, row.region),
                "seq": row.seq,
                "newest_fact_at": write_moment(row.newest_at),
                "newest_fact_seconds": count_seconds(now, row.newest_at),
                "campaigns": list_campaigns(row.region, found, now),
                "stock": list_stock(row.region, found),
                "quarantined_lots": list_quarantined_lots(row.region, found),
                "plan": describe_plan(row.region, "published", found, now),
                "proposal": describe_plan(row.region, "waiting", found, now),
                "planning": describe_activity(
                    find_activity(found["processes"], row.region, real_now), real_now
                ),
            }
            for row in found["regions"]
        ],
        "processes": [describe_process(row, real_now) for row in found["processes"]],
        "alarms": [
            *list_alarms(found["processes"]),
            *hide_topics(list_intake_alarms(found["processes"])),
            *list_guessing(found["processes"], parts.guesses.regions),
            *list_claims(find_many(found["claims"]), "bulk_claims"),
            *list_claims(find_many(found["questions"]), "many_questions"),
            *list_reviews(found["reviews"], real_now),
        ],
        "set_aside": [
            {"reason": reason, "records": records} for reason, records in found["set_aside"]
        ],
        "gaps": found["gaps"],
        "destinations": [describe_destination(row, real_now) for row in found["destinations"]],
        "stopped": found["stopped"],
    }


def list_stock(region: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """List the doses of a region by product; those in quarantine are not usable."""
    return [
        {
            "product": line.product,
            "doses": line.doses,
            "usable": line.usable,
            "quarantined": line.quarantined,
            "newest_on": line.newest_on.isoformat(),
        }
        for line in found["stock"]
        if line.region == region
    ]


def list_quarantined_lots(region: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    """List the lots of a region that may not be used, since when."""
    return [
        {
            "product": line.product,
            "lot": line.lot,
            "doses": line.doses,
            "since": write_moment(line.since),
        }
        for line in found["quarantined"]
        if line.region == region
    ]


def list_campaigns(region: str, found: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """List the campaigns of a region: people by state, and reasons of those without a visit."""
    return [
        {
            "campaign": str(row.campaign),
            "name": row.name,
            "registered": row.registered,
            "consented": row.consented,
            "planned": row.planned,
            "open": row.open,
            "given": row.given,
            "given_registered": row.given_registered,
            "answers": {
                "given": row.consented,
                "refused": row.refused,
                "conflicting": row.conflicting,
                "unknown": row.unanswered,
            },
            "doses_given": row.doses_given,
            "newest_at": write_moment(row.newest_at),
            "newest_seconds": count_seconds(now, row.newest_at),
            "unassigned": {
                "people": found["left_out"].get((region, row.campaign), 0),
                "reasons": {
                    line.reason: line.people
                    for line in found["unassigned"]
                    if (line.region, line.campaign) == (region, row.campaign)
                },
            },
        }
        for row in found["people"]
        if row.region == region
    ]


def describe_plan(
    region: str, state: str, found: dict[str, Any], now: datetime
) -> dict[str, Any] | None:
    """Describe the plan in this state, with its age in seconds; None when there is none."""
    for row in found["plans"]:
        if (row.region, row.state) == (region, state):
            return {
                "id": str(row.plan),
                "number": row.number,
                "as_of": list(row.as_of),
                "horizon_start": row.horizon_start.isoformat(),
                "solve_seconds": row.seconds,
                "proposed_at": write_moment(row.proposed_at),
                "published_at": write_moment(row.published_at),
                "age_seconds": count_seconds(now, row.published_at or row.proposed_at),
                "counts": row.counts,
                "gap": describe_gap(row.counts),
            }
    return None


def describe_gap(counts: Mapping[str, Any]) -> dict[str, str] | None:
    """What could at most be gained on a plan, in words by language; None for plans of which nothing is proven."""
    if "bound_relaxation" not in counts:
        return None
    return {language: Wording(language).gap(counts) for language in LANGUAGES}


def describe_process(row: status.ProcessRow, now: datetime) -> dict[str, Any]:
    """Describe a process: alive when its last heartbeat is at most ten seconds old."""
    return {
        "process": row.process,
        "slot": row.slot,
        "pid": row.pid,
        "alive": not is_silent(row.at, now),
        "silent_seconds": count_seconds(now, row.at),
        "up_seconds": count_seconds(now, row.started_at),
        "state": hide_state(row.state),
    }


def describe_destination(row: DestinationRow, now: datetime) -> dict[str, Any]:
    """Describe a destination of the courier: events behind, failing since when; `disabled` is an alarm."""
    return {
        "name": row.name,
        "kind": row.kind,
        "state": row.state,
        "why": row.why,
        "behind": row.behind,
        "delivered": row.delivered,
        "refused": row.dead,
        "last_success_at": write_moment(row.last_success_at),
        "failing_since": write_moment(row.failing_since),
        "failing_seconds": count_seconds(now, row.failing_since),
    }


def write_moment(at: datetime | None) -> str | None:
    """Write a moment in ISO 8601."""
    return None if at is None else at.isoformat()


def count_seconds(now: datetime, at: datetime | None) -> float | None:
    """Count the seconds from a moment until now."""
    return None if at is None else round((now - at).total_seconds(), 1)


async def check_parts(parts: Parts) -> dict[str, Any]:
    """Check each part that a page needs."""
    assets = "ok" if has_vendor() else "missing"
    try:
        async with parts.reader.reading(NOBODY) as tx:
            migrated = await status.migrated_to(tx)
            rows = await status.processes(tx)
    except Unavailable as error:
        return {
            "database": str(error),
            "migrations": "unknown",
            "processes": {},
            "assets": assets,
        }
    newest = max(number for number, _, _ in read_migrations())
    now = SystemClock().now()
    said = {row.process: judge_process(row, silent=is_silent(row.at, now)) for row in rows}
    return {
        "database": "ok",
        "migrations": "ok" if migrated >= newest else f"at {migrated}, {newest} is needed",
        "processes": {
            name: said.get(name, "silent") for name in (*NEEDED, *sorted(set(said) - set(NEEDED)))
        },
        "assets": assets,
    }


def measure(parts: Parts, said: dict[str, Any]) -> None:
    """Set the gauges from the status."""
    metrics = parts.metrics
    metrics.forget()
    metrics.listeners.set(parts.hub.listeners)
    for region in said["regions"]:
        measure_region(metrics, region)
    for row in said["processes"]:
        labels = {"process": row["process"], "slot": str(row["slot"])}
        silent = row["silent_seconds"]
        metrics.show("prikploeg_silent_seconds", "Since the last sign of life", labels, silent)
        measure_travel(metrics, row["state"])
    for line in said["set_aside"]:
        labels = {"reason": line["reason"]}
        metrics.show("prikploeg_set_aside", "Records in quarantine", labels, line["records"])
    metrics.show("prikploeg_alarms", "Alarms about our own work", {}, len(said["alarms"]))
    metrics.show("prikploeg_gaps", "Holes in topics", {}, said["gaps"])
    for row in said["destinations"]:
        labels = {"destination": row["name"], "state": row["state"]}
        metrics.show("prikploeg_behind", "Ledger lines not yet delivered", labels, row["behind"])
        failing = row["failing_seconds"] or 0.0
        metrics.show("prikploeg_failing_seconds", "Since nothing is taken", labels, failing)
    metrics.show("prikploeg_stopped", "Topics that intake does not read", {}, said["stopped"])


def measure_travel(metrics: Metrics, state: dict[str, Any]) -> None:
    """Set the gauges of travel times that a routing server should have given."""
    for region, pairs in (state.get("travel_estimated") or {}).items():
        labels = {"region": region}
        metrics.show("prikploeg_travel_estimated", "Pairs of places without it", labels, pairs)


def measure_region(metrics: Metrics, region: dict[str, Any]) -> None:
    """Set the gauges of one region."""
    labels = {"region": region["region"]}
    metrics.show("prikploeg_ledger_number", "Newest number of a region", labels, region["seq"])
    if region["plan"]:
        age = region["plan"]["age_seconds"]
        metrics.show("prikploeg_plan_age_seconds", "Age of the published plan", labels, age)
    for campaign in region["campaigns"]:
        for what in ("registered", "consented", "planned", "open", "given"):
            several = {**labels, "campaign": campaign["campaign"], "what": what}
            metrics.show("prikploeg_people", "People, in fives", several, campaign[what])
    for line in region["stock"]:
        several = {**labels, "product": line["product"]}
        metrics.show("prikploeg_stock_doses", "Usable doses", several, line["usable"])
        blocked = line["quarantined"]
        metrics.show("prikploeg_quarantined_doses", "Doses in quarantine", several, blocked)
