"""Makes the keys of an embedded installation, once, and closed to others."""

import base64
import os
import secrets
from pathlib import Path
from typing import get_args

from infra.crypto import Keys
from infra.embedded.folder import Folder, Unusable
from infra.settings import Role


def make_keys(folder: Folder) -> None:
    """Makes every missing key, as long as there is no data yet; never replaces one.

    Raises Unusable when there is data and a key is missing: a new key would not open that data.
    """
    wanted = [folder.master_key, folder.session_key]
    wanted += [folder.passwords / role for role in get_args(Role)]
    absent = [path for path in wanted if not path.exists()]
    if absent and (folder.data / "postgres").exists() and absent != [folder.session_key]:
        names = ", ".join(path.name for path in absent)
        raise Unusable(
            f"The data in {folder.data} was made with keys that are gone: {names} in {folder.keys}."
            " Put them back; or, to start anew without that data, remove the data folder."
        )
    for path in absent:
        if path == folder.master_key:
            Keys.create(path)
        else:
            write_key(path)


def write_key(path: Path) -> None:
    """Writes 32 random bytes as URL-safe base64 on one line, mode 0600: the file is complete or absent."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
