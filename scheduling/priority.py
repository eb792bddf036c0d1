"""Priority (0 to 100) from the urgency that a huisartsenpost sends."""

# NTS urgencies; the distances are ours: before everything, before most, between the others.
OF_URGENCY = {"U0": 100, "U1": 99, "U2": 97, "U3": 80, "U4": 60, "U5": 40}


def of_urgency(urgency: str) -> int:
    """The priority of a crisis visit with this NTS urgency; raises KeyError for another word."""
    return OF_URGENCY[urgency]
