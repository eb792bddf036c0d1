"""How much one request may take of this process, whoever sends it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one request may take."""

    # 1,000 events of 8 kB, four times what a full batch of registrations has.
    body_bytes: int = 8 * 1_048_576
    # Whoever shows no token of ours has two forms to send, of under 500 bytes.
    stranger_bytes: int = 16_384
    # Bodies held at one moment, of all requests together: past it the next is asked to come back.
    held_bytes: int = 64 * 1_048_576
    # Objects, lists and their elements: each takes 60 bytes or more once it is read, however short it is written.
    parts: int = 200_000
    # Our deepest event nests six times.
    depth: int = 32
    fields: int = 200  # of a form or of a query
    address_bytes: int = 8_192
    # The largest body over a bad mobile connection (3 Mbit/s).
    body_seconds: float = 30.0
    # Past the deadline of three transactions (8 s each): then nobody waits for the answer any more.
    answer_seconds: float = 30.0
