"""Keys of an installation in containers: made once, dealt to those that use them."""

from pathlib import Path

import pytest

from infra.crypto import Keys, QuarantineKeys
from infra.deploy.keys import DEALT, deal, main


def files(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


def test_each_container_gets_a_copy_of_what_it_uses_and_nothing_else(tmp_path: Path):
    deal(tmp_path)

    kept = files(tmp_path / "kept")
    for container, names in DEALT.items():
        assert files(tmp_path / container) == {name: kept[name] for name in names}


def test_keys_are_made_once(tmp_path: Path):
    made = deal(tmp_path)
    before = files(tmp_path)

    again = deal(tmp_path)

    assert len(made) == len(files(tmp_path / "kept"))
    assert again == []
    assert files(tmp_path) == before


def test_a_lost_copy_is_dealt_again_and_an_old_one_renewed(tmp_path: Path):
    deal(tmp_path)
    before = files(tmp_path)
    (tmp_path / "web/master.key").unlink()
    (tmp_path / "relay/database/relay").chmod(0o600)
    (tmp_path / "relay/database/relay").write_text("old\n")

    deal(tmp_path)

    assert files(tmp_path) == before


def test_the_master_key_can_be_used(tmp_path: Path):
    deal(tmp_path)

    keys = Keys.read(tmp_path / "web/master.key")

    assert keys.open(keys.seal("Jansen", b"1"), b"1") == "Jansen"


def test_who_makes_the_tables_gets_what_closes_and_who_offers_again_what_opens(tmp_path: Path):
    deal(tmp_path)
    closes = QuarantineKeys.read(tmp_path / "migrate/quarantine.public")
    opens = QuarantineKeys.read(tmp_path / "tools/quarantine.key")

    assert opens.open(1, closes.newest.seal(b"Jansen", b"1"), b"1") == b"Jansen"
    assert closes.privates == {}
    assert not (tmp_path / "tools/master.key").exists()
    assert not [path for path in (tmp_path / "intake").rglob("*") if "quarantine" in path.name]


def test_a_renewed_key_is_dealt_and_what_follows_from_it_as_well(tmp_path: Path):
    deal(tmp_path)
    before = Keys.read(tmp_path / "web/master.key")

    assert main([str(tmp_path), "--renew"]) == 0

    after = Keys.read(tmp_path / "web/master.key")
    assert after.masters.keys() == {1, 2}
    assert after.masters[1] == before.masters[1]
    assert QuarantineKeys.read(tmp_path / "migrate/quarantine.public").newest.version == 2
    assert QuarantineKeys.read(tmp_path / "tools/quarantine.key").privates.keys() == {1, 2}


def test_copies_are_closed_to_others(tmp_path: Path):
    deal(tmp_path)

    modes = {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*") if path.is_file()}

    assert modes == {0}


def test_without_a_folder_there_is_a_message(capsys: pytest.CaptureFixture[str]):
    code = main([])

    assert code == 1
    assert "could not be made" in capsys.readouterr().err
