"""Envelope encryption: a key per person, wrapped by a versioned master key; and keyed hashes to look people up."""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.errors import NotConfigured

NONCE_BYTES = 12  # 96 bits, the size that AES-GCM is specified for


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text encrypted under a key of its own, with that key wrapped by a version of the master key."""

    key_version: int
    wrapped_key: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """The master keys by version, newest last, and the hash key, which never changes."""

    masters: dict[int, bytes]
    hashing: bytes

    @classmethod
    def create(cls, path: Path) -> None:
        """Writes a new key file, readable by its owner only; an existing one stays as it is."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(
            {"masters": {"1": secrets.token_hex(32)}, "hashing": secrets.token_hex(32)}
        )
        partial = path.with_suffix(".new")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)  # fails where the file exists: a key is never replaced
        except FileExistsError:
            pass
        finally:
            partial.unlink()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads the keys of a file. Raises NotConfigured when it is absent or not one of ours."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            masters = {
                int(version): bytes.fromhex(key) for version, key in found["masters"].items()
            }
            return cls(dict(sorted(masters.items())), bytes.fromhex(found["hashing"]))
        except FileNotFoundError:
            raise NotConfigured(
                f"no master key at {path}: set VAULT_MASTER_KEY_FILE, or restore the key from its backup"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise NotConfigured(f"the file at {path} is not a master key of this system") from None

    def seal(self, text: str, bound_to: bytes) -> Sealed:
        """Encrypts under a fresh key; `bound_to` (the person's id) is needed again to open it."""
        version, master = list(self.masters.items())[-1]
        key = AESGCM.generate_key(256)
        return Sealed(
            version, encrypted(master, key, bound_to), encrypted(key, text.encode(), bound_to)
        )

    def open(self, sealed: Sealed, bound_to: bytes) -> str:
        """Decrypts a sealed text. Raises NotConfigured when it was sealed with another key."""
        master = self.masters.get(sealed.key_version)
        if master is None:
            raise NotConfigured(
                f"the master key has no version {sealed.key_version}: restore the key file from its backup"
            )
        try:
            key = decrypted(master, sealed.wrapped_key, bound_to)
            return decrypted(key, sealed.sealed, bound_to).decode()
        except InvalidTag:
            raise NotConfigured(
                "the master key does not open this vault: restore the key file that belongs to it"
            ) from None

    def hash(self, kind: str, text: str) -> bytes:
        """A keyed hash: equal texts are found by it, and without the key it reveals nothing."""
        return hmac.new(self.hashing, f"{kind}\n{text}".encode(), hashlib.sha256).digest()


def encrypted(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypts with AES-GCM, the random nonce in front."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypted(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """The inverse of `encrypted`; InvalidTag when anything differs."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
