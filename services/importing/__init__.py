"""Turns CSV files into events, for `prikploeg import` and for the simulator."""

from services.importing.run import ImportReport, check, run

__all__ = ["ImportReport", "check", "run"]
