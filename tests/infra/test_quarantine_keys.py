"""The two halves of the quarantine's key: what one closes, only the other opens, and only in its place."""

import json
import stat
from pathlib import Path

import pytest

from infra.crypto import Keys, QuarantineKeys, SealingKey
from infra.errors import NotConfigured


@pytest.fixture
def master(tmp_path: Path) -> Path:
    Keys.create(tmp_path / "master.key")
    return tmp_path / "master.key"


def written(folder: Path, text: str) -> Path:
    path = folder / "half.key"
    path.write_text(text)
    return path


def test_what_the_public_half_closes_is_opened_by_the_private_one(master: Path, tmp_path: Path):
    keys = Keys.read(master).for_quarantine()
    public = QuarantineKeys.read(written(tmp_path, keys.write_public()))

    sealed = public.newest.seal(b"Jansen", b"place")

    private = QuarantineKeys.read(written(tmp_path, keys.write_private()))
    assert private.open(1, sealed, b"place") == b"Jansen"
    assert b"Jansen" not in sealed


def test_the_public_half_opens_nothing(master: Path, tmp_path: Path):
    keys = Keys.read(master).for_quarantine()
    public = QuarantineKeys.read(written(tmp_path, keys.write_public()))

    with pytest.raises(NotConfigured, match="not here"):
        public.open(1, public.newest.seal(b"Jansen", b"place"), b"place")
    assert not any(key.hex() in keys.write_public() for key in keys.privates.values())


def test_the_private_half_does_not_tell_the_master_key(master: Path):
    keys = Keys.read(master)

    assert not {*keys.masters.values()} & {*keys.for_quarantine().privates.values()}


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda _: b"", lambda s: s[:40] + b"?" + s[41:]])  # fmt: skip
def test_what_was_changed_does_not_open(master: Path, change):
    keys = Keys.read(master).for_quarantine()
    sealed = keys.newest.seal(b"Jansen", b"place")

    with pytest.raises(NotConfigured, match="does not open this"):
        keys.open(1, change(sealed), b"place")


def test_what_was_closed_for_one_place_does_not_open_in_another(master: Path):
    keys = Keys.read(master).for_quarantine()

    with pytest.raises(NotConfigured, match="does not open this"):
        keys.open(1, keys.newest.seal(b"Jansen", b"place 1"), b"place 2")


def test_the_same_value_is_never_sealed_alike(master: Path):
    key = Keys.read(master).for_quarantine().newest

    assert key.seal(b"Jansen", b"place") != key.seal(b"Jansen", b"place")


def test_a_new_version_closes_and_the_earlier_ones_still_open(master: Path):
    before = Keys.read(master)
    old = before.for_quarantine().newest.seal(b"Jansen", b"place")

    assert Keys.add_version(master) == 2

    after = Keys.read(master)
    keys = after.for_quarantine()
    assert keys.newest.version == 2
    assert keys.open(1, old, b"place") == b"Jansen"
    assert after.masters[1] == before.masters[1]
    assert after.hashing == before.hashing
    assert stat.S_IMODE(master.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"masters": {}}', json.dumps({"quarantine_private": {"1": "zz"}}), '{"quarantine_public": {"1": 3}}'],
)  # fmt: skip
def test_another_file_is_not_taken_for_a_key(tmp_path: Path, text: str):
    with pytest.raises(NotConfigured, match="not a key of the quarantine"):
        QuarantineKeys.read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named_with_its_setting(tmp_path: Path):
    with pytest.raises(NotConfigured, match="VAULT_QUARANTINE_KEY_FILE"):
        QuarantineKeys.read(tmp_path / "nowhere")


@pytest.mark.parametrize("public", [bytes(32), b"short", b""])
def test_what_is_no_key_closes_nothing(public: bytes):
    with pytest.raises(ValueError, match=r"key"):
        SealingKey(1, public).seal(b"Jansen", b"place")
