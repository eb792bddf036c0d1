"""Fetched scripts: once, complete, as the lock says; and pages that work without them."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.errors import Unavailable
from services.web import assets, frame
from tests.services.web.conftest import Site


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("vendor")
    assets.fetch(target)
    return target


def test_every_file_comes_with_its_licence_and_a_hash(fetched: Path):
    manifest = json.loads((fetched / "manifest.json").read_text())

    assert set(manifest["files"]) == {
        "htmx.min.js", "htmx.LICENSE", "leaflet.js", "leaflet.css", "leaflet.LICENSE",
        "swagger-ui.js", "swagger-ui.css", "swagger-ui.LICENSE",
    }  # fmt: skip
    assert all((fetched / name).stat().st_size > 100 for name in manifest["files"])


def test_what_is_there_is_not_fetched_again(fetched: Path):
    assert assets.fetch(fetched) is False


def test_who_comes_while_another_fetches_waits_and_finds_everything(
    fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    called: list[str] = []
    monkeypatch.setattr(assets, "find_npm", lambda: called.append("npm") or ["false"])
    with ThreadPoolExecutor(1) as pool:
        with assets.alone():
            other = pool.submit(assets.fetch, tmp_path)
            with pytest.raises(TimeoutError):
                other.result(0.2)
            for path in fetched.iterdir():
                (tmp_path / path.name).write_bytes(path.read_bytes())

        assert other.result(30) is False
    assert called == []


def test_a_file_that_changed_is_noticed(fetched: Path, tmp_path: Path):
    for path in fetched.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "leaflet.js").write_text("something else")

    assert not assets.is_fetched(tmp_path)


def test_without_a_manifest_nothing_counts(tmp_path: Path):
    assert not assets.is_fetched(tmp_path)


def test_a_registry_out_of_reach_is_a_message_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(assets, "find_npm", lambda: ["false"])

    with pytest.raises(Unavailable, match="Check the network"):
        assets.fetch(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_lock_names_no_registry():
    lock = (assets.SPEC / "package-lock.json").read_text()

    assert "resolved" not in lock
    assert "http" not in lock


@pytest.mark.postgres
async def test_without_the_scripts_pages_are_plain_html(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(frame.load_templates().globals, "vendor", lambda: False)

    async with site.client(site.who("planner")) as client:
        page = (await client.get("/planning")).text

    assert "vendor/" not in page
    assert "Er zijn te weinig doses" in page


def test_scripts_of_the_version_before_are_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    old = tmp_path / "vendor"
    old.mkdir()
    for name in ("manifest.json", "htmx.min.js", "leaflet.js", "leaflet.css"):
        (old / name).write_text("{}")
    monkeypatch.setattr(frame, "STATIC", tmp_path)

    assert not frame.has_vendor()
