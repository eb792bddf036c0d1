"""Turns CSV files into events, for `prikploeg import` and for the simulator."""

from services.importing.accounting import ImportReport
from services.importing.run import check, run

__all__ = ["ImportReport", "check", "run"]
