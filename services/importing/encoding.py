"""Turns the bytes of a file into text, and finds letters that another encoding made of others.

Old exports are Windows-1252 (read) or code page 850 (no telling é from a comma for certain: refused by line); a file may be
encoded twice, or pasted together from two. What cannot be read for certain is named, never guessed: it is somebody's name.
"""

import re
from typing import Final

from events.details import LOST


class UnreadableFile(Exception):
    """A file of which no row can be read; the message says why, in Dutch."""


# What Windows-1252 makes of the second and later bytes of a letter in UTF-8.
FOLLOWERS: Final = "".join(
    bytes([code]).decode("cp1252", errors="ignore") or chr(code) for code in range(0x80, 0xC0)
)
TWICE = re.compile(
    f"[\u00c2-\u00f4\u0152\u0153\u0160\u0161\u0178\u017d\u017e][{re.escape(FOLLOWERS)}]{{1,3}}"
)
# Signs that stand before or after a word, beside a letter where they cannot: in code page 850 these are é, â,
# ä, ç, ê, ë, ï, Ç, Ö ... A closing quote or a currency sign before a number is none of them.
OLD_PAGE = re.compile(
    "[a-z\u00df-\u00ff][\u201a\u0192\u201e\u2020\u2021\u02c6\u2030\u2039\u2022\u02dc]"
    "|[a-z\u00df-\u00ff](?:[\u2026\u201c\u201d][a-z]|[\u0160\u017d\u0152](?![A-Z]))"
    "|[A-Za-z\u00c0-\u00ff][\u00a1-\u00a5]|[A-Za-z][\u203a\u00bf\u0178][a-z]"
    "|[\u20ac\u2122\u0192\u02c6\u2030\u2020\u2021][a-z]|[\u00d4\u0393][\u00c7\u00e9]|\u201a\u00c4"
)
BOXES = re.compile(
    "[\u2200-\u22ff\u2500-\u259f]"
)  # UTF-8 that was read as code page 850, or as by an old Mac
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
ADVICE = "bewaar het bestand als UTF-8"


def decode(raw: bytes) -> str:
    """UTF-8 or UTF-16, with or without byte order mark, else Windows-1252, which older exports use.

    Bytes that fit none of them, or not the rest of the file, become U+FFFD. Raises UnreadableFile.
    """
    raw = raw.removesuffix(b"\x1a")  # DOS ended files so
    wide = guess_wide(raw)
    if wide is not None:
        try:
            return raw.decode(wide).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = raw[: error.start].decode(wide, errors="ignore").count("\n") + 1
            raise UnreadableFile(f"regel {line}: geen leesbare UTF-16; {ADVICE}") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if is_mixed(raw):
        return raw.decode("utf-8-sig", errors="replace")
    return raw.decode("cp1252", errors="replace")


def name_encoding(raw: bytes) -> str:
    """The encoding in which `decode` reads these bytes, to write others that go with them."""
    if (wide := guess_wide(raw)) is not None:
        return wide
    if raw.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8-sig" if is_mixed(raw) else "cp1252"
    return "utf-8"


def guess_wide(raw: bytes) -> str | None:
    """UTF-16 by its byte order mark, or by the zeros that every other byte of Latin text is; None for anything else."""
    if raw.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        raise UnreadableFile(f"dit bestand is UTF-32; {ADVICE}")
    if raw.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if raw.startswith(b"\xfe\xff"):
        return "utf-16-be"
    head = raw[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    most = len(head) // 2 * 0.6
    if len(head) >= 4 and odd > most and even < most / 10 + 1:
        return "utf-16-le"
    if len(head) >= 4 and even > most and odd < most / 10 + 1:
        return "utf-16-be"
    return None


def is_mixed(raw: bytes) -> bool:
    """Whether some letters are UTF-8 although not all bytes are."""
    kept = raw.decode("utf-8", errors="ignore")
    return any(letter > "\x7f" for letter in kept.removeprefix("\ufeff"))


def find_garbled(text: str) -> str | None:
    """Why letters in a text are not those that somebody wrote, in Dutch; None when nothing shows it."""
    if text.isascii() and not CONTROLS.search(text):
        return None
    if LOST in text:
        return f"een teken is niet te lezen (verkeerde of gemengde tekencodering); {ADVICE}"
    if CONTROLS.search(text):
        return "bevat een stuurteken"
    if any(is_encoded_twice(found[0]) for found in TWICE.finditer(text)):
        return f"letters met een accent zijn twee keer omgezet (UTF-8); {ADVICE}"
    if OLD_PAGE.search(text) or BOXES.search(text):
        return f"letters met een accent zijn verkeerd (codepagina 850?); {ADVICE}"
    return None


def is_encoded_twice(text: str) -> bool:
    """Whether these letters are what Windows-1252 makes of a letter or sign in UTF-8."""
    raw = b"".join(to_byte(letter) for letter in text)
    for length in range(2, len(raw) + 1):
        try:
            found = raw[:length].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return len(found) == 1 and found.isprintable()
    return False


def to_byte(letter: str) -> bytes:
    """The byte of a letter in Windows-1252, in which five have none and stand for themselves."""
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return bytes([ord(letter)]) if ord(letter) < 256 else b"?"
