"""The forms of a `source`: whose it is, and which other spelling of it is known.

The NL GOV profile for CloudEvents 1.1 names organisations by their OIN (government) or their KvK number and the system
behind it: `urn:nld:oin:00000001823288444000:systeem:BRP-component`, `urn:nld:kvknr:09220932.burgerzakensysteem`.
"""

import re
from typing import Final
from uuid import UUID

from events.identifiers import Payload, to_source

FORMS: Final = ("urn:nld:oin:", "urn:nld:kvknr:")
ORGANISATION: Final = re.compile(r"urn:nld:(?:oin:[0-9]{20}|kvknr:[0-9]{8})")
OF_ORGANISATION: Final = re.compile(rf"{ORGANISATION.pattern}(?:[:.][^\x00-\x1f\x7f]*)?")
BOUNDS: Final = (":", ".")
PRACTICE: Final = re.compile(re.escape(to_source("practice", "")) + r"([0-9a-fA-F-]{36})")


class MalformedSource(ValueError):
    """A source that names an organisation in a form that no organisation has."""


def check_form(source: str) -> None:
    """Raise MalformedSource for an OIN that is not 20 digits, or a KvK number that is not 8."""
    if source.startswith(FORMS) and not OF_ORGANISATION.fullmatch(source):
        raise MalformedSource(
            "source: urn:nld:oin: asks for 20 digits and urn:nld:kvknr: for 8, then nothing, ':' or '.'"
        )


def is_of_organisation(source: str) -> bool:
    """Whether the source names an organisation by its OIN or KvK number."""
    return OF_ORGANISATION.fullmatch(source) is not None


def may_speak_as(source: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a source lies below one of these prefixes.

    An organisation's number is whole: what follows it begins with ':' or '.', so nobody speaks as a longer number.
    """
    if not source.startswith(prefixes):
        return False
    return any(is_below(source, prefix) for prefix in prefixes if source.startswith(prefix))


def is_below(source: str, prefix: str) -> bool:
    """Whether what follows the prefix begins where a part of the source begins, where that matters."""
    rest = source[len(prefix) :]
    return not rest or rest.startswith(BOUNDS) or not ORGANISATION.fullmatch(prefix)


def organisation_in(source: str) -> UUID | None:
    """The practice that a source names: the identifier right behind its prefix, whatever follows; None without one.

    A practice that signs in, and a system that serves one practice, have such a source. A system that serves several
    has a name of its own, and each of its facts says for which practice it is.
    """
    found = PRACTICE.match(source)
    try:
        return UUID(found.group(1)) if found else None
    except ValueError:
        return None


def speaker_of(source: str, said: Payload) -> UUID | None:
    """The practice that speaks: that of the source, else the one that the fact names; None for a team or an unnamed one."""
    if source.startswith(to_source("team", "")):
        return None
    named: UUID | None = getattr(said, "practice_id", None)
    return organisation_in(source) or named


def may_speak_for(practice: UUID, source: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a source, of a system with these prefixes, may speak for a practice.

    A source that names a practice speaks for that one only. Another speaks for the practices that the prefixes of its
    system name; where they name none, the operator connected it for all practices of its regions.
    """
    if (own := organisation_in(source)) is not None:
        return own == practice
    named = {one for prefix in prefixes if (one := organisation_in(prefix)) is not None}
    return not named or practice in named
