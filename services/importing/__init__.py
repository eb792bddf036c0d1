"""From CSV files to events: what `prikploeg import` does and what the simulator speaks through."""

from services.importing.run import ImportReport, check, run

__all__ = ["ImportReport", "check", "run"]
