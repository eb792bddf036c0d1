"""Exports a stored plan and its problem from a running system, to be solved again and judged elsewhere."""

from pathlib import Path

from infra.settings import Settings
from services.offline.files.text import UnreadableFile, write_text
from services.offline.stored import Named, read_stored
from services.planner.record import PLAN, PROBLEM


def export(settings: Settings, named: Named, folder: Path) -> list[Path]:
    """Writes `problem.json` and `plan.json`; people appear in them as random ids only.

    Raises NotConfigured when no plan has this number, or its record was deleted by policy.
    """
    problem, plan = read_stored(settings, named)
    written = [folder / "problem.json", folder / "plan.json"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableFile(folder.name, [f"cannot be made ({error.strerror})"]) from error
    write_text(written[0], PROBLEM.dump_json(problem).decode() + "\n")
    write_text(written[1], PLAN.dump_json(plan).decode() + "\n")
    return written
