"""Every text that people read, in Dutch (level B1) and English, from `words.json`."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from babel.numbers import format_decimal

from infra.postgres.pages.decisions import DecisionRow
from scheduling.plan import Reason

Language = Literal["nl", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
FILE = Path(__file__).parent / "words.json"


@cache
def read_words() -> dict[str, dict[str, str]]:
    """Read all texts, by key and language."""
    found: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


class Wording:
    """The texts in one language; a missing key is our mistake and raises KeyError."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The text with its values filled in."""
        text = read_words()[key][self.language]
        return text.format(**values) if values else text

    def count(self, key: str, n: int | None, **values: object) -> str:
        """The text for one or for many; None is a suppressed number."""
        return self(f"{key}.{'one' if n == 1 else 'many'}", n=self.number(n), **values)

    def number(self, n: float | None, digits: int = 0) -> str:
        """A number in the notation of the language (1.234,5 or 1,234.5); None is one to four people."""
        if n is None:
            return "<5"
        pattern = "#,##0" + f".{'0' * digits}" * (digits > 0)
        return format_decimal(n, format=pattern, locale=self.language)

    def why(self, reason: str) -> str:
        """Why something is not planned, as a sentence; an unknown code is shown as it is."""
        key = f"reason.{reason}"
        return self(key) if key in read_words() else reason

    def gap(self, counts: Mapping[str, Any]) -> str:
        """What could at most be gained on a plan, as sentences; in tens for who may not see how many people."""
        people = counts.get("bound_people_more", counts["bound_people_tens"])
        doses = counts["bound_doses_saved"]
        return " ".join(
            (
                self.count("plan.gap.people", people) if people else self("plan.gap.people.none"),
                self.count("plan.gap.doses", doses) if doses else self("plan.gap.doses.none"),
                self(f"plan.gap.{counts['bound_relaxation']}"),
            )
        )

    def decided(self, line: DecisionRow, when: str) -> str:
        """Who decided what, for which organisation, when and why, as one line."""
        key = f"decided.{line.kind}"
        what = self(key) if key in read_words() else line.kind
        who = line.actor or self("decided.unknown")
        if line.organisation:
            who = self("decided.for", who=who, organisation=line.organisation)
        why = [text for text in (line.decision, line.reason) if text]
        return self("decided.line", when=when, what=what, who=who) + " ".join(["", *why])

    def remedy(self, reason: str) -> str:
        """What helps against this reason, as a sentence; empty for an unknown code."""
        key = f"remedy.{reason}"
        return self(key) if key in read_words() else ""


def choose_language(wanted: str | None) -> Language:
    """Choose the requested language, else Dutch: the language of the browser says little at a shared desk."""
    for language in LANGUAGES:
        if wanted is not None and wanted.strip().lower() == language:
            return language
    return "nl"


def list_reason_keys() -> list[str]:
    """The keys that every reason of a plan must have."""
    return [f"{kind}.{reason.value}" for kind in ("reason", "remedy") for reason in Reason]
