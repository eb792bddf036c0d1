"""The numbers that tune the search stand in one place, frozen, each with its reason."""

import ast

import pytest

from tests.test_shape import ROOT, modules

# Numbers of the solver that are no tuning: each with the reason why it stands beside the code.
STRUCTURAL = {
    "scheduling/routing/engines/ortools.py: SAFE": "larger prices overflow in its 64 bits",
    "scheduling/routing/engines/ortools_search.py: NO, YES": "values of its enumeration",
    "scheduling/routing/engines/pyvrp.py: FORBIDDEN": "more seconds than a day has",
    "scheduling/routing/engines/pyvrp.py: MOST": "a load without a limit",
    "scheduling/routing/engines/sisr/routes.py: DEAR": "a price above every cost",
    "scheduling/routing/engines/sisr/schedule.py: NEVER": "a moment after all others",
    "scheduling/routing/engines/vroom.py: LEVELS": "its highest exploration level",
    "scheduling/routing/engines/vroom.py: MOST_COST": "it counts in 32 bits",
    "scheduling/routing/engines/vroom.py: MOST_LOAD": "a load without a limit",
    "scheduling/routing/engines/vroom.py: MOST_PRIORITY": "its highest priority",
    "scheduling/routing/evaluate.py: NEVER": "a moment after all others",
    "scheduling/routing/evaluate.py: NO_LEG": "no leg at all",
    "scheduling/routing/processes.py: DIE_WITH_PARENT": "a number of the kernel",
    "scheduling/solver/exact/routing_model.py: TWO_DAYS": "longer than any route",
    "scheduling/solver/model/draft.py: NOWHERE": "no shift at all",
    "scheduling/solver/model/indexed.py: LONG": "a time under way without a limit",
    "scheduling/solver/model/schedule.py: AFTER_ONE": "a place in a route",
    "scheduling/solver/model/schedule.py: NO_LEG": "no leg at all",
    "scheduling/solver/model/schedule.py: NEVER": "a moment after all others",
    "scheduling/solver/model/windows.py: _KNOWN": "what the two last regions looked like, not a number",
    "scheduling/solver/columns/arrays.py: NEVER": "a moment after all others",
    "scheduling/solver/columns/coupling.py: ANY": "more doses than any depot has",
    "scheduling/solver/columns/generate.py: TINY": "what rounding leaves of zero",
}
GUARD = 0.01  # up to this a decimal only keeps a number from being 0


def numbers_in(node: ast.AST) -> list[float]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and type(part.value) in {int, float}
    ]


def test_numbers_that_tune_the_solver_stand_in_its_params_only():
    named, decimals = set(), []
    for path in modules("scheduling/solver", "scheduling/routing"):
        name = str(path.relative_to(ROOT))
        tree = ast.parse(path.read_text())
        if path.name in {"params.py", "column_params.py"}:
            continue
        for node in tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value and numbers_in(node):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                named.add(f"{name}: {ast.unparse(target).strip('()')}")
        decimals += [
            f"{name}: {value}"
            for value in numbers_in(tree)
            if isinstance(value, float) and value != int(value) and value > GUARD
        ]

    assert named - STRUCTURAL.keys() == set()
    assert STRUCTURAL.keys() - named == set()
    assert decimals == []


@pytest.mark.parametrize(
    "path",
    [
        "scheduling/solver/params.py",
        "scheduling/solver/column_params.py",
        "scheduling/routing/params.py",
    ],
)
def test_each_tuning_number_is_frozen_and_has_its_reason_above_it(path: str):
    lines = (ROOT / path).read_text().splitlines()
    without_reason, thawed = [], []
    for node in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(node, ast.ClassDef):
            continue
        if "frozen=True" not in ast.unparse(node.decorator_list[0]):
            thawed.append(node.name)
        for field in node.body:
            if isinstance(field, ast.AnnAssign) and field.value and numbers_in(field.value):
                above = field.lineno - 2
                while lines[above].strip() and not lines[above].strip().startswith("#"):
                    above -= 1
                if not lines[above].strip():
                    without_reason.append(f"{node.name}.{ast.unparse(field.target)}")

    assert without_reason == []
    assert thawed == []
