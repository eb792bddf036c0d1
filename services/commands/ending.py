"""How a process ends: with a word, and in time."""

import logging
import os
import threading
from collections.abc import Coroutine
from typing import Any, Final

from infra.errors import NotConfigured, Unavailable

CRASH: Final = 70  # EX_SOFTWARE of sysexits.h: the supervisor starts the process again
CLOSING_SECONDS = 15.0  # a producer takes at most 5 and a pool 2


async def run_to_end(name: str, process: Coroutine[Any, Any, None]) -> None:
    """Run it, and say at once why it ends: what it leaves open is closed after that, and may take long or for ever.

    A process that neither works nor ends is started again by nobody, so it is ended when closing takes too long.
    """
    try:
        await process
    except Exception as error:
        known = isinstance(error, (NotConfigured, Unavailable))
        logging.getLogger(name).error(  # noqa: TRY400 - the traceback comes with the end
            "%s ends: %s", name, error if known else type(error).__name__
        )
        closing = threading.Timer(CLOSING_SECONDS, os._exit, (CRASH,))
        closing.daemon = True
        closing.start()
        raise
