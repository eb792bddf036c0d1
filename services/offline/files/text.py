"""Reads and writes files as bytes and text, and reports faults."""

from pathlib import Path

MOST_BYTES = 100_000_000  # a region-day of 2,000 visits with its matrices is 45 MB
SHOWN = 20


class UnreadableFile(ValueError):
    """A file that cannot be used; each fault names a row, field or line, and no value."""

    def __init__(self, name: str, faults: list[str]) -> None:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        shown = [*faults[:SHOWN], *more]
        said = f" {shown[0]}" if len(shown) == 1 else "".join(f"\n  {line}" for line in shown)
        super().__init__(f"{name}:{said}")
        self.faults = tuple(faults)


def read_text(path: Path) -> str:
    """Reads the text of a file, without byte order mark."""
    return to_text(read_bytes(path), path.name)


def read_bytes(path: Path) -> bytes:
    """Reads a file, unless it is larger than any problem."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(path.name, [f"cannot be read ({error.strerror})"]) from error
    if len(content) > MOST_BYTES:
        raise UnreadableFile(path.name, [f"larger than {MOST_BYTES // 10**6} MB"])
    return content


def to_text(content: bytes, name: str) -> str:
    """Decodes UTF-8 only: another encoding would turn the ids in the file into others."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(name, [f"line {line}: not UTF-8"]) from None
    if not text.strip():
        raise UnreadableFile(name, ["the file is empty"])
    return text


def write_text(path: Path, text: str) -> None:
    """Writes a file as a whole. Raises UnreadableFile when the folder cannot take it."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnreadableFile(path.name, [f"cannot be written ({error.strerror})"]) from error
