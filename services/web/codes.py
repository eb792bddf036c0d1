"""Codes that people read out to a helpdesk: each stands in the log, with what went wrong."""

import logging

from infra.identity import new_code

log = logging.getLogger(__name__)


def note_code(error: Exception) -> str:
    """Make a code, and write it to the log with the error; values of the request stay out (`infra.logs`)."""
    code = new_code()
    log.warning("answered with a code", exc_info=error, extra={"code": code})
    return code
