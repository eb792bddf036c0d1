"""Envelope encryption: a key per person, wrapped by a versioned master key; and keyed hashes to look people up.

And the key of the quarantine, in two halves: what anybody may close with the public half is opened with the private one,
which follows from the master key. Whoever takes records in needs no key to hide what it refuses (decision 0022).
"""

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.errors import NotConfigured

NONCE_BYTES = 12  # 96 bits, the size that AES-GCM is specified for
# RFC 9180, base mode: a fresh key for every value, agreed with the public half alone.
QUARANTINE_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
QUARANTINE = b"prikploeg quarantine v1"
ACCESS_LOG = b"prikploeg access log v1"
PUBLIC, PRIVATE = "quarantine_public", "quarantine_private"


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

    @classmethod
    def add_version(cls, path: Path) -> int:
        """Adds a master key, with which everything is sealed from now on; the earlier ones stay. Its number."""
        keys = cls.read(path)
        version = max(keys.masters) + 1
        masters = {str(old): key.hex() for old, key in keys.masters.items()}
        masters[str(version)] = secrets.token_hex(32)
        partial = path.with_suffix(".new")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"masters": masters, "hashing": keys.hashing.hex()}, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        return version

    def for_quarantine(self) -> "QuarantineKeys":
        """Both halves of the quarantine's key, one pair for each master key."""
        privates = {
            version: HKDF(SHA256(), 32, salt=None, info=QUARANTINE).derive(master)
            for version, master in self.masters.items()
        }
        return QuarantineKeys(
            {v: find_public(private) for v, private in privates.items()}, privates
        )

    def for_access_log(self) -> dict[int, bytes]:
        """The key that seals the access log, for each master key; the newest last."""
        return {
            version: HKDF(SHA256(), 32, salt=None, info=ACCESS_LOG).derive(master)
            for version, master in self.masters.items()
        }

    def seal(self, text: str, bound_to: bytes) -> Sealed:
        """Encrypts under a fresh key; `bound_to` (the person's id) is needed again to open it."""
        return self.seal_bytes(text.encode(), bound_to)

    def open(self, sealed: Sealed, bound_to: bytes) -> str:
        """Decrypts a sealed text. Raises NotConfigured when it was sealed with another key."""
        return self.open_bytes(sealed, bound_to).decode()

    def seal_bytes(self, plain: bytes, bound_to: bytes) -> Sealed:
        """As `seal`, of what is no text: a file."""
        version, master = list(self.masters.items())[-1]
        key = AESGCM.generate_key(256)
        return Sealed(version, encrypted(master, key, bound_to), encrypted(key, plain, bound_to))

    def open_bytes(self, sealed: Sealed, bound_to: bytes) -> bytes:
        """As `open`, of what is no text."""
        master = self.masters.get(sealed.key_version)
        if master is None:
            raise NotConfigured(
                f"the master key has no version {sealed.key_version}: restore the key file from its backup"
            )
        try:
            key = decrypted(master, sealed.wrapped_key, bound_to)
            return decrypted(key, sealed.sealed, bound_to)
        except InvalidTag:
            raise NotConfigured(
                "the master key does not open this vault: restore the key file that belongs to it"
            ) from None

    def hash(self, kind: str, text: str) -> bytes:
        """A keyed hash: equal texts are found by it, and without the key it reveals nothing."""
        return hmac.new(self.hashing, f"{kind}\n{text}".encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The public half of a version of the quarantine's key: it closes, and opens nothing."""

    version: int
    public: bytes

    def seal(self, plain: bytes, bound_to: bytes) -> bytes:
        """Encrypts; `bound_to` (the place of the record) is needed again to open it. ValueError for what is no key."""
        public = X25519PublicKey.from_public_bytes(self.public)
        return QUARANTINE_SUITE.encrypt(plain, public, QUARANTINE + bound_to)


@dataclass(frozen=True, slots=True)
class QuarantineKeys:
    """The quarantine's key by version, newest last: the public halves, and the private ones where this process may open."""

    publics: dict[int, bytes]
    privates: dict[int, bytes]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads one half or the other of a file. Raises NotConfigured when it is absent or not one of ours."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            privates = to_versions(found.get(PRIVATE, {}))
            publics = to_versions(found.get(PUBLIC, {}))
            publics |= {version: find_public(private) for version, private in privates.items()}
            if not publics:
                raise ValueError
        except FileNotFoundError:
            raise NotConfigured(
                f"no key of the quarantine at {path}: see VAULT_QUARANTINE_KEY_FILE"
            ) from None
        except (ValueError, AttributeError, TypeError):
            raise NotConfigured(f"the file at {path} is not a key of the quarantine") from None
        return cls(dict(sorted(publics.items())), privates)

    def write_public(self) -> str:
        """The file for whoever publishes the key."""
        return json.dumps({PUBLIC: {str(v): key.hex() for v, key in self.publics.items()}}) + "\n"

    def write_private(self) -> str:
        """The file for whoever opens the quarantine, and nothing else."""
        return json.dumps({PRIVATE: {str(v): key.hex() for v, key in self.privates.items()}}) + "\n"

    @property
    def newest(self) -> SealingKey:
        """What is sealed with from now on."""
        return SealingKey(*list(self.publics.items())[-1])

    def open(self, version: int, sealed: bytes, bound_to: bytes) -> bytes:
        """Decrypts. Raises NotConfigured when the private half is not here, or it was sealed with another key."""
        private = self.privates.get(version)
        if private is None:
            raise NotConfigured(f"version {version} of the quarantine's key is not here")
        try:
            key = X25519PrivateKey.from_private_bytes(private)
            return QUARANTINE_SUITE.decrypt(sealed, key, QUARANTINE + bound_to)
        except InvalidTag:
            raise NotConfigured(
                f"version {version} of the quarantine's key does not open this: restore the master key that belongs to it"
            ) from None


def find_public(private: bytes) -> bytes:
    """The half that may be told."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def to_versions(found: dict[str, str]) -> dict[int, bytes]:
    """Keys by version, as a file has them."""
    return {int(version): bytes.fromhex(key) for version, key in found.items()}


def encrypted(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Encrypts with AES-GCM, the random nonce in front."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypted(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """The inverse of `encrypted`; InvalidTag when anything differs."""
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
