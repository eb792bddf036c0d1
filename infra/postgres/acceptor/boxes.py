"""The box that a refused record lies in: value, key and headers, closed for whoever has the vault's key.

Without a key to close it with nothing is kept but how long the value was and its digest: what was refused is
never written in clear, and never keeps others waiting. It stands in the topic still, and its sender has it.
"""

import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from infra.crypto import QuarantineKeys, SealingKey
from infra.postgres.acceptor.keeping import BETWEEN, Part, empty

if TYPE_CHECKING:
    import asyncpg

LENGTH_BYTES: Final = 4  # of what stands before the value
HPKE_BYTES: Final = 48  # the ephemeral public key in front and the tag behind
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record came from: a box opens for the line that it was closed for, and for no other."""

    topic: str
    part: int | None
    off: int | None
    digest: bytes | None

    @property
    def name(self) -> bytes:
        """The same for the same record, and for no other."""
        words = BETWEEN.join((self.topic, str(self.part), str(self.off)))
        return words.encode() + BETWEEN.encode() + (self.digest or b"")


@dataclass(frozen=True, slots=True)
class Box:
    """A record as the table has it; `whole` when all of it lies in `sealed`."""

    sealed: bytes | None
    version: int | None
    whole: bool
    length: int | None
    digest: bytes | None

    @property
    def size(self) -> int:
        """Bytes that it takes, without the row itself."""
        return len(self.sealed or b"")


def close(part: Part, place: Place, key: SealingKey | None) -> Box:
    """Seals what is kept of a record; without a usable key a box with nothing in it."""
    if key is not None:
        try:
            sealed = key.seal(pack(part), place.name)
        except ValueError:
            logger.error("version %d of the quarantine's key is no key", key.version)  # noqa: TRY400 - no values in a traceback
        else:
            return Box(sealed, key.version, not part.cut, part.length, part.digest)
    return leave_empty(part)


def leave_empty(part: Part) -> Box:
    """What is known of a record of which nothing is kept."""
    left = empty(part)
    return Box(None, None, whole=False, length=left.length, digest=left.digest)


def open_box(row: "asyncpg.Record", keys: QuarantineKeys) -> Part:
    """What lies in the box of this row. Raises NotConfigured when these keys do not open it."""
    packed = keys.open(row["sealed_under"], row["sealed"], place_of(row).name)
    part = unpack(packed, cut=not row["whole"])
    return replace(part, length=row["length"], digest=row["value_digest"])


def place_of(row: "asyncpg.Record") -> Place:
    """The place of the record of this row."""
    return Place(row["topic"], row["part"], row["off"], row["digest"])


def size_when_closed(part: Part) -> int:
    """Bytes of its box, known before it is sealed."""
    return HPKE_BYTES + LENGTH_BYTES + len(describe(part)) + len(part.raw or b"")


def describe(part: Part) -> bytes:
    """Key and headers, and whether there is a value."""
    about = {
        "key": None if part.key is None else part.key.hex(),
        "headers": part.headers,
        "has_value": part.raw is not None,
    }
    return json.dumps(about).encode()


def pack(part: Part) -> bytes:
    """One text of bytes: key and headers, then the value."""
    said = describe(part)
    return len(said).to_bytes(LENGTH_BYTES) + said + (part.raw or b"")


def unpack(packed: bytes, *, cut: bool) -> Part:
    """The inverse of `pack`."""
    end = LENGTH_BYTES + int.from_bytes(packed[:LENGTH_BYTES])
    about = json.loads(packed[LENGTH_BYTES:end])
    key = None if about["key"] is None else bytes.fromhex(about["key"])
    return Part(packed[end:] if about["has_value"] else None, key, about["headers"], cut=cut)
