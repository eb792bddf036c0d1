"""The one error of this package: an event that its sender must correct."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why an event was quarantined; a closed list, shown to the sender."""

    NOT_AN_EVENT = "not_an_event"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_PAYLOAD = "invalid_payload"
    SOURCE_NOT_ALLOWED = "source_not_allowed"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    UNKNOWN_REGION = "unknown_region"
    REGION_NOT_ALLOWED = "region_not_allowed"
    ID_REUSED = "id_reused"
    REFUSED_BY_STORE = "refused_by_store"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"  # a batch of a topic that can not be unpacked or taken apart
    NOT_STORED = (
        "not_stored"  # storing it failed again and again, while everything else could be stored
    )
    IN_THE_FUTURE = "in_the_future"
    STALE = (
        "stale"  # by HTTP, of a stop that somebody else changed after the event says it was decided
    )
    CANNOT_HOLD = "cannot_hold"  # a pin or move by HTTP; the field is the rule that it breaks


class RejectedEvent(Exception):
    """An event that cannot be accepted as it is; `fields` names what is wrong, never the value."""

    def __init__(self, reason: Refusal, fields: tuple[str, ...] = ()) -> None:
        super().__init__(reason.value, fields)
        self.reason = reason
        self.fields = fields
