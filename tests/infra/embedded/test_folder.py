"""Folders, keys and the right to run: what is refused, and with which words."""

import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from infra.embedded.folder import Folder, Unusable, choose, scratch
from infra.embedded.hold import Hold
from infra.embedded.keys import make_keys


def test_a_folder_that_cannot_be_written_names_the_setting(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(Unusable, match="Set PRIKPLOEG_DATA"):
        choose(tmp_path / "file" / "data")


def test_a_folder_that_nobody_cannot_reach_is_refused_for_root_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    tmp_path.chmod(0o700)
    as_root = os.geteuid() == 0

    with pytest.raises(Unusable, match="nobody") if as_root else nullcontext():
        choose(tmp_path / "data")

    assert (tmp_path.stat().st_mode & 0o777) == 0o700


def test_a_second_start_is_told_where_the_first_one_is():
    with scratch() as folder, Hold(folder) as first:
        first.announce("http://127.0.0.1:8080")

        with (
            pytest.raises(Unusable, match=rf"process {os.getpid()}.*http://127.0.0.1:8080"),
            Hold(folder),
        ):
            pass


def test_after_the_first_has_ended_the_next_may_start():
    with scratch() as folder:
        with Hold(folder):
            pass
        with Hold(folder) as second:
            second.announce(None)


def test_keys_are_made_once_closed_and_outside_the_data():
    with scratch() as folder:
        make_keys(folder)
        first = folder.master_key.read_text()
        make_keys(folder)

        files = [path for path in folder.keys.rglob("*") if path.is_file()]
        assert folder.master_key.read_text() == first
        assert len(files) == 9
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
        assert folder.data not in folder.keys.parents


def test_keys_are_found_again_when_home_has_changed(monkeypatch: pytest.MonkeyPatch):
    with scratch() as made:
        first = choose_with_home(made, made.data.parent / "one", monkeypatch)
        second = choose_with_home(made, made.data.parent / "two", monkeypatch)

        assert first.keys == second.keys
        assert made.data.parent / "one" in first.keys.parents


def choose_with_home(made: Folder, home: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return choose(made.data)
