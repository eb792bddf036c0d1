"""Each block of commands of these documents is typed by a test, or stands here with the reason why not."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from infra.embedded.folder import CHECKOUT
from tests.documents import blocks_of

DOCUMENTS = (
    "docs/events.md",
    "docs/import/README.md",
    "docs/own-servers.md",
    "docs/plan-rules.md",
    "docs/producing.md",
    "docs/security.md",
    "docs/sign-in.md",
    "docs/webhooks.md",
)
NOT_RUN = {
    (
        "docs/own-servers.md",
        "docker compose exec kafka",
    ): "needs a container engine; the same lines of docs/security.md are typed",
    (
        "docs/own-servers.md",
        "docker compose up",
    ): "needs a container engine; tests/infra/test_compose.py judges the file",
    (
        "docs/security.md",
        "listeners=SASL_SSL",
    ): "settings, no command; tests/infra/kafka/secured.py runs a broker with them",
}
BLOCKS = [(document, text) for document in DOCUMENTS for text in blocks_of(document)]


@cache
def asked_in_tests() -> tuple[tuple[str, str], ...]:
    """Document and words of each `block(...)` in the modules of tests."""
    paths = sorted((CHECKOUT / "tests").rglob("test_*.py"))
    texts = [path.read_text() for path in paths]
    return tuple(asked for text in texts if "block(" in text for asked in asked_in(ast.parse(text)))


def asked_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What one module asks for."""
    constants = dict(constants_of(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "block":
            document, words = (constants.get(ast.unparse(one), one) for one in node.args)
            assert isinstance(document, ast.Constant)
            assert isinstance(words, ast.Constant)
            yield document.value, words.value


def constants_of(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names that a module gives to texts, alone or several in a line."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(map(ast.unparse, target.elts), node.value.elts, strict=True)
                else:
                    yield ast.unparse(target), node.value


@pytest.mark.parametrize(
    ("document", "text"), BLOCKS, ids=[f"{d}:{t.split(chr(10))[0][:40]}" for d, t in BLOCKS]
)
def test_a_block_of_commands_is_run_by_a_test_or_says_why_not(document: str, text: str):
    run = [words for named, words in asked_in_tests() if named == document and words in text]
    excused = [words for named, words in NOT_RUN if named == document and words in text]

    assert bool(run) != bool(excused), (run, excused)


def test_every_block_that_a_test_or_an_excuse_names_is_there_once():
    named = [*asked_in_tests(), *NOT_RUN]

    found = [sum(words in text for text in blocks_of(document)) for document, words in named]

    assert set(found) == {1}


def test_blocks_are_found_in_the_documents_that_have_commands():
    assert {document for document, _ in BLOCKS} == {*DOCUMENTS} - {
        "docs/events.md",
        "docs/plan-rules.md",
    }
