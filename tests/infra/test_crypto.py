import json
import stat
from dataclasses import replace

import pytest

from infra.crypto import Keys
from infra.errors import NotConfigured

SUBJECT, OTHER = b"person one", b"person two"


@pytest.fixture
def keys(tmp_path) -> Keys:
    Keys.create(tmp_path / "master")
    return Keys.read(tmp_path / "master")


def test_what_is_sealed_opens_again(keys):
    sealed = keys.seal("Jansen, 3 april 1931", SUBJECT)

    assert keys.open(sealed, SUBJECT) == "Jansen, 3 april 1931"


def test_a_seal_shows_nothing_and_is_never_the_same(keys):
    one, two = (keys.seal("Jansen", SUBJECT) for _ in range(2))

    assert b"Jansen" not in one.sealed + one.wrapped_key
    assert one.sealed != two.sealed
    assert one.wrapped_key != two.wrapped_key


def test_a_seal_of_one_person_does_not_open_for_another(keys):
    sealed = keys.seal("Jansen", SUBJECT)

    with pytest.raises(NotConfigured):
        keys.open(sealed, OTHER)


@pytest.mark.parametrize("part", ["sealed", "wrapped_key"])
def test_one_other_bit_does_not_open(keys, part):
    sealed = keys.seal("Jansen", SUBJECT)
    spoiled = bytearray(getattr(sealed, part))
    spoiled[-1] ^= 1

    with pytest.raises(NotConfigured):
        keys.open(replace(sealed, **{part: bytes(spoiled)}), SUBJECT)


def test_another_master_key_does_not_open(keys, tmp_path):
    Keys.create(tmp_path / "other")

    with pytest.raises(NotConfigured, match="restore the key file"):
        Keys.read(tmp_path / "other").open(keys.seal("Jansen", SUBJECT), SUBJECT)


def test_an_older_version_of_the_master_key_still_opens(keys):
    newer = Keys({**keys.masters, 2: bytes(32)}, keys.hashing)
    old, new = keys.seal("old", SUBJECT), newer.seal("new", SUBJECT)

    assert (old.key_version, new.key_version) == (1, 2)
    assert [newer.open(one, SUBJECT) for one in (old, new)] == ["old", "new"]
    with pytest.raises(NotConfigured, match="no version 2"):
        keys.open(new, SUBJECT)


def test_a_hash_finds_equal_texts_of_one_kind_under_one_key(keys, tmp_path):
    Keys.create(tmp_path / "other")
    found = keys.hash("bsn", "999990019")

    assert found == keys.hash("bsn", "999990019")
    assert found != keys.hash("block", "999990019")
    assert found != keys.hash("bsn", "999990020")
    assert found != Keys.read(tmp_path / "other").hash("bsn", "999990019")


def test_a_key_file_is_for_its_owner_only_and_never_replaced(tmp_path):
    path = tmp_path / "keys" / "master"
    Keys.create(path)
    before = path.read_text()

    Keys.create(path)

    assert path.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["master"]


def test_a_missing_key_file_says_what_to_do(tmp_path):
    with pytest.raises(NotConfigured, match="VAULT_MASTER_KEY_FILE"):
        Keys.read(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "secret", "[]", "{}", json.dumps({"masters": {"x": "y"}})])
def test_a_file_that_is_no_key_is_refused_without_showing_it(tmp_path, text):
    (tmp_path / "master").write_text(text)

    with pytest.raises(NotConfigured) as refused:
        Keys.read(tmp_path / "master")

    assert "secret" not in str(refused.value)
