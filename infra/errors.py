"""Errors of the outside world, as distinct from those of a sender and our own."""


class Unavailable(Exception):
    """Something that we depend on is away for now: wait and retry."""


class Paused(Unavailable):
    """Nothing is accepted while the state is rebuilt, or made with another fold than ours; the message says which."""


class TooSlow(Unavailable):
    """It did not end within its time: that may lie in what was asked, or in who was asked."""


class Contended(Unavailable):
    """Others hold what we need, or we were chosen to give way: no fault of what was asked."""


class RefusedByStore(Exception):
    """Postgres refused the data of a transaction: somebody's fault in it, to be found by splitting.

    `fields` names the column or the constraint where Postgres does; never a value.
    """

    def __init__(self, kind: str, fields: tuple[str, ...] = ("data",)) -> None:
        super().__init__(kind)
        self.fields = fields


class NotConfigured(Exception):
    """A setting, a key or a schema is missing or does not fit; the message says what to do."""
