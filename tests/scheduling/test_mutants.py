"""The corpus is sharp enough: no rule can be left out, and no comparison in a rule turned, unnoticed."""

from types import ModuleType

import pytest

from scheduling.rules import RULES, check
from tests.scheduling.corpus import Judged, everywhere
from tests.scheduling.mutants import mutants

CORPUS = everywhere()
# Mistakes that change nothing, by rule: what stands in the line, and why no plan can tell.
EQUIVALENT: dict[str, dict[str, str]] = {
    "crew": {
        "if shift.injectors < 1:": "the next questions ask the same: only the words differ",
        "elif most_injectors(shift) < 1:": "the next question asks the same: only the words differ",
    },
    "outbreak": {
        "for later in route.stops[k + 1 :]: [1 -> 0]": "a stop is at the location where it is",
    },
    "promise": {
        "if not names or name in names": "names narrow what is asked again: rules that a lot can break",
    },
    "reservation": {
        "problem.reserved.get(product.id, 0)), [0 -> -1]": "spans of no doses ask for nothing",
        "return 0 [0 -> -1]": "less than none missing is none missing",
        "if dose > 1": "no first dose is anybody's next: they are left out to save time",
    },
}


def name_of(rule: ModuleType) -> str:
    return rule.__name__.rsplit(".", 1)[-1]


def broken(judged: Judged) -> set[str]:
    return {row.rule for row in check(judged.problem, judged.plan)}


@pytest.mark.parametrize("judged", CORPUS, ids=lambda judged: judged.name)
def test_a_plan_at_the_edge_breaks_exactly_its_rule(judged: Judged):
    assert broken(judged) == set((judged.broken or "").split())


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_a_rule_that_is_left_out_is_missed(rule: ModuleType):
    mine = [judged for judged in CORPUS if judged.broken == name_of(rule)]

    others = [row for row in RULES if row is not rule]

    assert mine
    assert all(check(judged.problem, judged.plan, others) == () for judged in mine)


def notices(rule: ModuleType, mutant: ModuleType) -> bool:
    """Whether some plan of the corpus is judged otherwise, or can not be judged any more."""
    for judged in CORPUS:
        right = any(rule.violations(judged.problem, judged.plan))
        try:
            if any(mutant.violations(judged.problem, judged.plan)) != right:
                return True
        except Exception:  # noqa: BLE001
            return True
    return False


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_no_comparison_of_a_rule_can_be_turned_unnoticed(rule: ModuleType):
    known = EQUIVALENT.get(name_of(rule), {})

    unnoticed = [line for line, mutant in mutants(rule) if not notices(rule, mutant)]

    assert [line for line in unnoticed if not any(part in line for part in known)] == []
    assert all(any(part in line for line in unnoticed) for part in known)
