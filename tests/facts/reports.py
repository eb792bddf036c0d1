"""Facts of `events.reports`."""

from typing import Any

from events.reports import (
    Channel,
    Destination,
    NoticeSent,
    ProgressCounted,
    Recipient,
    ReturnRecordAcknowledged,
    ReturnRecordRejected,
    ReturnRecordRequested,
    ReturnRecordSent,
)
from tests.facts.values import TEN, build, uid


def a_notice(name: str = "notice", **changes: Any) -> NoticeSent:
    usual = {
        "notice_id": uid(name),
        "channel": Channel.MAIL,
        "recipient": Recipient.INSTITUTION,
        "visit_id": uid("visit"),
        "sent_at": TEN,
    }
    return build(NoticeSent, usual, changes)


def a_return(name: str = "return", **changes: Any) -> ReturnRecordSent:
    usual = {
        "return_id": uid(name),
        "destination": Destination.PRACTICE,
        "person_id": uid("p1"),
        "campaign_id": uid("corona"),
        "dose_no": 1,
        "sent_at": TEN,
    }
    return build(ReturnRecordSent, usual, changes)


def an_acknowledgement(name: str = "return") -> ReturnRecordAcknowledged:
    return ReturnRecordAcknowledged(return_id=uid(name), acknowledged_at=TEN)


def a_refusal(name: str = "return") -> ReturnRecordRejected:
    return ReturnRecordRejected(return_id=uid(name), rejected_at=TEN)


def asked_again(name: str = "return") -> ReturnRecordRequested:
    return ReturnRecordRequested(return_id=uid(name), requested_at=TEN)


def a_count(name: str = "corona", **changes: Any) -> ProgressCounted:
    usual = {
        "campaign_id": uid(name),
        "registered": 40,
        "plannable": 30,
        "planned": 20,
        "dose_1_given": 10,
        "dose_2_given": None,
        "refused": 0,
        "wasted": 2,
        "as_of": (7, 3),
        "counted_at": TEN,
    }
    return build(ProgressCounted, usual, changes)
