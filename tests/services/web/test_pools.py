"""No page can reach a pool that writes: what a route is handed holds the reading pool and nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.postgres.database import Database
from services.accept.group import Group
from tests.services.web.conftest import Site

WEB = Path(__file__).resolve().parents[3] / "services" / "web"
HOLDERS = ("writing", "seats")  # they have the pools that write, and methods that say what for


def public(thing: object) -> Iterator[tuple[str, object]]:
    """What anybody may take from a thing, without a name that begins with `_`."""
    for name in dir(thing):
        if not name.startswith("_"):
            yield name, getattr(thing, name)


@pytest.mark.postgres
async def test_of_the_parts_of_the_process_only_the_reading_pool_is_public(site: Site):
    reached = {
        f"{holder}.{name}"
        for holder, thing in [("parts", site.parts), *public(site.parts)]
        for name, value in public(thing)
        if isinstance(value, Database | Group) and value is not site.parts.reader
    }
    below = {
        f"{holder}.{name}.{inner}"
        for holder in HOLDERS
        for name, thing in public(getattr(site.parts, holder))
        for inner, value in public(thing)
        if isinstance(value, Database | Group)
    }

    assert reached | below == set()


def private_reads(path: Path) -> set[str]:
    """Attributes of others whose name says that they are not for others."""
    return {
        f"{path.name}: {node.attr}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    }


def test_no_page_takes_what_is_private_to_another():
    pages = [*(WEB / "pages").rglob("*.py"), *(WEB / "api").rglob("*.py")]
    assert len(pages) > 40

    assert set().union(*map(private_reads, pages)) == set()


def test_no_page_opens_a_pool_of_its_own():
    for path in [*(WEB / "pages").rglob("*.py"), *(WEB / "api").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "infra.postgres.database":
                assert not {one.name for one in node.names} & {"Database", "wait_for"}, path
            if isinstance(node, ast.ImportFrom):
                assert node.module != "infra.settings", path
