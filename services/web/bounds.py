"""How much one request may take of this process, whoever sends it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests at once, and so many a second after that."""

    burst: int
    per_second: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one request may take."""

    # 1,000 events of 8 kB, four times what a full batch of registrations has.
    body_bytes: int = 8 * 1_048_576
    # A list of 100,000 patients: 12 to 20 MB as CSV, 6 to 10 MB as a workbook. Of a practice, at one address (decision 0034).
    list_bytes: int = 32 * 1_048_576
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
    # Of whoever has signed in. A practice system that sends its patients one by one, three requests for each, goes on at
    # 20 patients a second; batches hold 1,000. A page with its parts is under 30 requests.
    known: Rate = Rate(burst=3_000, per_second=60)
    # Of an address before that. A whole house may stand behind one, and opens some pages and signs in, each morning anew.
    strangers: Rate = Rate(burst=1_000, per_second=20)
    # Of an address that signs in, whoever it is: a house of sixty people at eight o'clock, and one every other second after
    # that. Whoever tries codes or answers of the provider tries thousands.
    signing: Rate = Rate(burst=60, per_second=0.5)
