"""Spoils a file in one place, as transport, editors and people do."""

from random import Random

SPOIL = ("byte", "insert", "delete", "line", "quote", "cell", "cut")


def spoil(kind: str, raw: bytes, rng: Random) -> bytes:
    """The bytes of a file with one thing wrong."""
    if kind in ("line", "cell"):
        return spoil_line(kind, raw, rng)
    at = rng.randrange(len(raw))
    if kind == "byte":
        return raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]
    if kind == "insert":
        return raw[:at] + bytes([rng.randrange(256)]) + raw[at:]
    if kind == "quote":
        return raw[:at] + b'"' + raw[at + rng.randrange(2) :]
    if kind == "cut":
        return raw[:at]
    return raw[:at] + raw[at + 1 :]


def spoil_line(kind: str, raw: bytes, rng: Random) -> bytes:
    """One line is taken out, doubled, broken or joined with the next; or one cell of it is."""
    lines = raw.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    if kind == "line":
        at = max(at, 1)
        line = lines[at]
        middle = rng.randrange(len(line))
        lines[at] = rng.choice(
            [b"", line * 2, line[:middle] + b"\n" + line[middle:], line.rstrip(b"\r\n")]
        )
    else:
        cells = lines[at].split(b",")
        where = rng.randrange(len(cells))
        cells[where : where + 1] = rng.choice(
            [[], [cells[where]] * 2, [b'"'], [b"\xff\xfe"], [b""], [b"x" * 300]]
        )
        lines[at] = b",".join(cells)
    return b"".join(lines)
