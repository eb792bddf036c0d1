"""What a demo or `up` writes on this machine is for its own account alone, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.clock import SystemClock, set_campaign_clock
from infra.embedded.folder import choose
from infra.embedded.program import Child, Program, turn_log
from services.demo.scenario import Scenario
from tests.conftest import Servers


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Whoever starts us lets everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder, below folders that PostgreSQL's account can pass when we are root."""
    for folder in (tmp_path, *tmp_path.parents):
        if os.geteuid() == 0 and folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o111)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "data"


def open_to_others(*folders: Path) -> dict[str, str]:
    """What others may read, write or enter, of what is ours in here."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if "postgres-binaries" in str(path) or path.is_symlink() or path.is_socket():
                continue
            if (mode := stat.S_IMODE(path.lstat().st_mode)) & 0o077:
                found[str(path.relative_to(folder))] = oct(mode)
    return found


@pytest.mark.usefixtures("open_umask")
def test_the_folders_and_notes_of_a_scenario_are_closed(place: Path):
    folder = Scenario(seed=7).folder(place)
    set_campaign_clock(place / "clock.json", SystemClock().now(), 1.0, SystemClock().now())

    assert {"scenario.json", "keys-folder", "clock.json", "logs"} <= {
        path.name for path in place.iterdir()
    }
    assert open_to_others(folder.data, folder.keys) == {}
    assert stat.S_IMODE(place.stat().st_mode) in (0o700, 0o711)


@pytest.mark.usefixtures("open_umask")
def test_what_a_version_before_left_open_is_closed_at_the_next_start(place: Path):
    folder = choose(place)
    (place / "environment.json").write_text("{}")
    (place / "outbox").mkdir()
    (place / "outbox" / "letter.json").write_text("{}")
    (folder.passwords / "owner").write_text("secret")
    (place / "other").symlink_to("/etc/hostname")
    assert len(open_to_others(folder.data, folder.keys)) == 4

    choose(place)

    assert open_to_others(folder.data, folder.keys) == {}


@pytest.mark.usefixtures("open_umask")
async def test_what_a_process_writes_and_its_logs_are_closed(tmp_path: Path):
    log = tmp_path / "one.log"
    script = "echo said; mkdir out; echo x > out/letter; exec sleep 60"
    child = await Child.start(Program("one", ("/bin/sh", "-c", script), log, folder=tmp_path))
    while not (tmp_path / "out/letter").exists() or not log.stat().st_size:
        assert child.pid
        os.sched_yield()
    await child.stop()
    os.truncate(log, 11 * 1024 * 1024)
    turn_log(log)

    assert (tmp_path / "one.old.log").exists()
    assert open_to_others(tmp_path) == {}


async def test_servers_that_run_have_no_file_that_others_may_read(kafka: Servers):
    assert (kafka.folder.data / "kafka.properties").exists()
    assert open_to_others(kafka.folder.data, kafka.folder.keys) == {}
