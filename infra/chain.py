"""The chain over the access log: each seal covers one line and the seal before it, under a key that the database does not have.

Whoever changes, removes or inserts a line, or puts two in another order, can not make the seals that would fit.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

START: Final = b""  # what the first seal of a region follows


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the access log: its number, and every column as text."""

    number: int
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal: its place in the chain of its region, the line it covers, and what it says."""

    seq: int
    number: int
    key_version: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit: a line that is gone, differs or was put in, or a seal that is gone."""

    kind: Literal["altered", "deleted", "inserted", "seal_gone", "cut_off", "no_key"]
    region: str
    number: int  # of the line; of the seal where that is gone

    def describe(self) -> str:
        """What is wrong, and where."""
        return f"{self.region}: {SAID[self.kind]} {self.number}"


SAID: Final = {
    "altered": "altered, or in another place: line",
    "deleted": "deleted: line",
    "inserted": "put in without a seal, or not sealed for a minute: line",
    "seal_gone": "seals are gone before seal",
    "cut_off": "cut off: an earlier look found seal",
    "no_key": "sealed under a key that is not here: line",
}


def seal(key: bytes, before: bytes, region: str, seq: int, line: Line) -> bytes:
    """The digest of a line in its place."""
    told = json.dumps([region, seq, line.number, dict(line.said)], sort_keys=True, default=str)
    return hmac.new(key, before + b"\n" + told.encode(), hashlib.sha256).digest()


@dataclass(slots=True)
class Check:
    """Walks along the seals of one region in order. What is wrong is said once: the next seal is judged by the one that stands."""

    region: str
    keys: Mapping[int, bytes]
    seq: int = 0
    before: bytes = START

    def judge(self, found: Seal, line: Line | None) -> list[Fault]:
        """What is wrong with the next seal and its line."""
        faults = []
        if found.seq != self.seq + 1:
            faults.append(Fault("seal_gone", self.region, found.seq))
        key = self.keys.get(found.key_version)
        if line is None:
            faults.append(Fault("deleted", self.region, found.number))
        elif key is None:
            faults.append(Fault("no_key", self.region, found.number))
        elif not faults and not hmac.compare_digest(
            found.digest, seal(key, self.before, self.region, found.seq, line)
        ):
            faults.append(Fault("altered", self.region, found.number))
        self.seq, self.before = found.seq, found.digest
        return faults
