"""A notice in Dutch, for people: local times, numbers of residents, never the name of one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from babel.dates import format_datetime

from events.local_time import AMSTERDAM
from events.reports import NoticeSubject, Recipient
from services.courier.notices import Message

HEADS: Final[Mapping[NoticeSubject, str]] = {
    NoticeSubject.VISIT_PLANNED: "Nieuw bezoek",
    NoticeSubject.VISIT_MOVED: "Bezoek gewijzigd",
    NoticeSubject.VISIT_CANCELLED: "Bezoek vervalt",
}


def to_text(message: Message, names: Mapping[object, str]) -> str:
    """The whole text of a notice."""
    own = message.recipient is Recipient.INSTITUTION
    kind = "instelling" if own else "praktijk"
    lines = [f"Aan: {names.get(message.to, kind)}", "Betreft: bezoek van het mobiele prikteam", ""]
    for line in message.lines:
        where = "" if own else f", {names.get(line.location, 'onbekende locatie')}"
        lines.append(f"{HEADS[line.subject]}{where}")
        if line.new is not None:
            lines.append(f"  nieuw: {to_span(line.new)}")
        if line.old is not None:
            lines.append(f"  {'was' if line.new else 'vervalt'}: {to_span(line.old)}")
        who = "bewoners" if own else "van uw patiënten"
        lines += [f"  aantal {who}: {line.people}", ""]
    return "\n".join([*lines, "Dit bericht is automatisch gemaakt. Er staan geen namen in."]) + "\n"


def to_span(moments: tuple[datetime, datetime]) -> str:
    """A day and two times, as people in the Netherlands write them."""
    begins, ends = (moment.astimezone(AMSTERDAM) for moment in moments)
    day = format_datetime(begins, "EEEE d MMMM y", locale="nl")
    return f"{day}, {begins:%H:%M}-{ends:%H:%M} uur"
