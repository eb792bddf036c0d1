"""Connected systems whose topic no other test of the session uses: a broker keeps what every test wrote."""

from events.envelope import Sender, System
from events.identifiers import NATIONAL
from tests.infra.kafka.broker import a_topic


def a_practice_system(*regions: str) -> System:
    """A practice system of these regions on a topic of its own."""
    source = "urn:nld:prikploeg:practice:"
    return System(
        a_topic("in.practice"), Sender.PRACTICE, (source,), frozenset({*regions, NATIONAL})
    )
