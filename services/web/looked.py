"""Remembers whom a page showed of late, so that a page which renews itself leaves one line in ten minutes, not hundreds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from infra.postgres.database import Who

AGAIN_SECONDS: Final = 600.0
MOST: Final = 1_000  # pages that are remembered; whoever comes back to one that was forgotten leaves a line too many


@dataclass
class Looked:
    """Whom each reader was shown by which route of late; in memory only."""

    kept: dict[tuple[Who, str], dict[UUID, float]] = field(default_factory=dict)

    def note(
        self, who: Who, route: str, persons: Iterable[UUID], now: float, *, renews: bool
    ) -> list[UUID]:
        """Note that these are shown now, and give those that need a line: all, or where a page renews itself those whose last one is ten minutes old."""
        if len(self.kept) > MOST:
            self.kept.clear()
        known = self.kept.setdefault((who, route), {})
        fresh = [
            one
            for one in persons
            if not renews or one not in known or now - known[one] >= AGAIN_SECONDS
        ]
        known.update(dict.fromkeys(fresh, now))
        return fresh
