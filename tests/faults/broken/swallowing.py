"""Broken: an error is logged and the work goes on, as if the batch had been stored."""

import logging
from collections.abc import Sequence
from typing import Any

import services.intake.isolation as isolation
from infra.errors import Unavailable
from services.__main__ import main
from services.accept.submission import Outcome, Status, Submission

whole = isolation.accept


async def accept(
    database: Any, submissions: Sequence[Submission], *arguments: Any, **named: Any
) -> list[Outcome]:
    """What could not be stored is called known."""
    try:
        return await whole(database, submissions, *arguments, **named)
    except Unavailable as error:
        logging.getLogger(__name__).warning("never mind: %s", error)
        return [Outcome(Status.DUPLICATE) for one in submissions for _ in one.records]


if __name__ == "__main__":
    isolation.accept = accept
    main()
