"""Faust's table manager for an app without tables: it waits for none.

Faust gives the agents a second to make their tables before it subscribes; that second was a good part of the time
until records flow again after a crash.
"""

from faust.tables.manager import TableManager
from typing_extensions import override


class NoTables(TableManager):
    """There are no tables: the app subscribes at once, as soon as its agents have started."""

    @override
    async def on_start(self) -> None:
        """Faust's own, without the second of sleep before it."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
