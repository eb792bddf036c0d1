"""What a run of faults leaves behind: one file for machines and one for people."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.faults.running import Round


def write(folder: Path, seed: str, rounds: Sequence[Round]) -> Path:
    """Both files; the path of the one for people."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"seed": seed, "rounds": [asdict(one) for one in rounds]}
    (folder / f"{seed}.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False))
    path = folder / f"{seed}.md"
    path.write_text("\n".join(lines(seed, rounds)) + "\n")
    return path


def lines(seed: str, rounds: Sequence[Round]) -> list[str]:
    """A summary, the time to come to rest by kind, and every fault."""
    said = [f"# Faults, seed {seed}", "", summary(seed, rounds), ""]
    said += ["| fault | times | at rest after, median s | longest s |", "|---|---|---|---|"]
    for name, times in sorted(Counter(one.fault for one in rounds).items()):
        seconds = [one.settled_seconds for one in rounds if one.fault == name]
        said.append(f"| {name} | {times} | {median(seconds):.1f} | {max(seconds):.1f} |")
    said += [
        "",
        "| n | at | fault | what was done | at rest after s | appointments that stood | held |",
        "|---|---|---|---|---|---|---|",
    ]
    said += [
        f"| {one.number} | {one.at} | {one.fault} | {one.done} | {one.settled_seconds:.1f}"
        f" | {one.stood} | {'yes' if one.holds else json.dumps(one.broken, ensure_ascii=False)} |"
        for one in rounds
    ]
    return said


def summary(seed: str, rounds: Sequence[Round]) -> str:
    """One line."""
    red = [one.number for one in rounds if not one.holds]
    standing = sum(one.stood > 0 for one in rounds)
    return (
        f"seed {seed}: {len(rounds)} faults of {len({one.fault for one in rounds})} kinds,"
        f" {totals(rounds)}, appointments stood in {standing} of {len(rounds)}; "
        + (f"BROKEN in rounds {red}" if red else "everything held")
    )


def most_stood(rounds: Sequence[Round]) -> bool:
    """Whether people had appointments in most rounds when they were judged: else the rules about them hold of nothing."""
    return 2 * sum(one.stood > 0 for one in rounds) > len(rounds)


def totals(rounds: Sequence[Round]) -> str:
    """Counts over all worlds: each counts up by itself, so their last rounds are added."""
    added: Counter[str] = Counter()
    for one, following in zip(rounds, [*rounds[1:], None], strict=True):
        if following is None or following.chapter != one.chapter:
            added.update(one.counts)
    added.pop("promised", None)
    return ", ".join(f"{count} {name}" for name, count in sorted(added.items()))
