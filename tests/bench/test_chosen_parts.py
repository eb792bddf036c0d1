"""Parts of a plan drawn at random, five hundred times and more: no plan that is made of them breaks a rule."""

import sys
from time import process_time

import pytest

from tests.scheduling.test_choosing import judge_subsets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def test_five_hundred_subsets_break_no_rule():
    began = process_time()
    tried, whole, broken = judge_subsets(range(1000, 1120), 10)

    spent = process_time() - began
    sys.stdout.write(
        f"{tried} subsets, {whole} stood whole, {broken} plans break a rule: {spent:.0f} CPU s\n"
    )
    assert tried >= 500
    assert broken == 0
