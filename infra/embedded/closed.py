"""Files that only we may read, whatever the umask of whoever starts us."""

import os
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700


def write_closed(path: Path, text: str) -> None:
    """Writes a file that nobody else may read, also where one with other rights stood."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE), "w") as file:
        os.fchmod(file.fileno(), FILE)
        file.write(text)


def close_to_others(folder: Path) -> None:
    """Takes the rights of others on our own files and folders in here, which versions before made open.

    What belongs to another account (PostgreSQL's data, for root) is closed by that account.
    """
    for entry in folder.iterdir():
        with suppress(
            FileNotFoundError
        ):  # another start may be at work here, until it is told that it is not alone
            close_entry(entry)


def close_entry(entry: Path) -> None:
    """One file, or a folder with what is in it."""
    # PostgreSQL's programs are no secret, and the account that runs them must be able to read them.
    if (
        entry.is_symlink()
        or entry.name.startswith("postgres")
        or entry.stat().st_uid != os.geteuid()
    ):
        return
    if not entry.is_dir():
        entry.chmod(FILE)
        return
    entry.chmod(FOLDER)
    if entry.name != "kafka":  # very many files, that its folder closes
        close_to_others(entry)
