"""From a series of answers to what may be planned: who answered last, and whether answers conflict."""

from collections.abc import Iterable

from scheduling.problem import Consent


def settle(answers: Iterable[tuple[str, str]]) -> Consent:
    """What the answers (giver, status), oldest first, come to.

    The last answer of each giver counts. Givers who disagree make a conflict, which is never planned.
    """
    last_by_giver = dict(answers)  # of two answers of one giver the later stays
    said = set(last_by_giver.values()) - {"unknown"}
    if not said:
        return Consent.UNKNOWN
    if len(said) == 1:
        return Consent(said.pop())
    if "given" in said:
        return Consent.CONFLICTING
    return Consent.REFUSED
