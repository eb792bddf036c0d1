"""Small mistakes in the source of a rule: each comparison turned, each whole number one more or less."""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

TURNED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


def mutants(module: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """Every module with one mistake, with the line that it is in and what was done to it."""
    source = inspect.getsource(module)
    count = sum(1 for _ in _places(ast.parse(source)))
    for k in range(count):
        for choice in range(2):
            tree = ast.parse(source)
            node, place = list(_places(tree))[k]
            before = ast.unparse(node)
            if not _turn(node, place, choice):
                continue
            line = source.splitlines()[node.lineno - 1].strip()
            try:
                made = _made(module, tree)
            except Exception:  # noqa: BLE001 - a rule that cannot be loaded is noticed at once
                continue
            yield f"{line} [{before} -> {ast.unparse(node)}]", made


def _places(tree: ast.AST) -> Iterator[tuple[ast.expr, int]]:
    words = {
        id(node)
        for call in ast.walk(tree)
        if isinstance(call, ast.JoinedStr) or _tells(call)
        for node in ast.walk(call)
    }
    for node in ast.walk(tree):
        if id(node) in words:
            continue
        if isinstance(node, ast.Compare):
            yield from ((node, k) for k in range(len(node.ops)))
        elif isinstance(node, ast.BoolOp) or (
            isinstance(node, ast.Constant) and type(node.value) is int
        ):
            yield node, 0


def _tells(node: ast.AST) -> bool:
    """What is said of a violation is no part of the judgement."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "Violation"


def _turn(node: ast.expr, place: int, choice: int) -> bool:
    """Make the mistake in place; false when there is no such choice."""
    if isinstance(node, ast.Compare):
        others = TURNED[type(node.ops[place])]
        if choice < len(others):
            node.ops[place] = others[choice]()
        return choice < len(others)
    if isinstance(node, ast.BoolOp):
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        return choice == 0
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    node.value += (1, -1)[choice]
    return True


def _made(module: ModuleType, tree: ast.Module) -> ModuleType:
    made = ModuleType(module.__name__)
    exec(compile(tree, module.__name__, "exec"), made.__dict__)
    return made
