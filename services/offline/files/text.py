"""Files as bytes and text, and what is said of one that is not what it should be."""

from pathlib import Path

MOST_BYTES = 100_000_000  # a region-day of 2,000 visits with its matrices is 45 MB
SHOWN = 20


class UnreadableFile(ValueError):
    """A file is not what it should be; each fault names a row, field or line, and no value."""

    def __init__(self, name: str, faults: list[str]) -> None:
        more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        shown = [*faults[:SHOWN], *more]
        said = f" {shown[0]}" if len(shown) == 1 else "".join(f"\n  {line}" for line in shown)
        super().__init__(f"{name}:{said}")
        self.faults = tuple(faults)


def read_text(path: Path) -> str:
    """The text of a file; a byte order mark is no part of it."""
    return to_text(read_bytes(path), path.name)


def read_bytes(path: Path) -> bytes:
    """The content of a file, unless it is larger than any problem."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(path.name, [f"cannot be read ({error.strerror})"]) from error
    if len(content) > MOST_BYTES:
        raise UnreadableFile(path.name, [f"larger than {MOST_BYTES // 10**6} MB"])
    return content


def to_text(content: bytes, name: str) -> str:
    """UTF-8 only; a file in another encoding would be read as other names than it holds."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(name, [f"line {line}: not UTF-8"]) from None
    if not text.strip():
        raise UnreadableFile(name, ["the file is empty"])
    return text


def write_text(path: Path, text: str) -> None:
    """Write a file as a whole; a folder that does not take it is said in one line."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnreadableFile(path.name, [f"cannot be written ({error.strerror})"]) from error
