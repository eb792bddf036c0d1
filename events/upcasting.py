"""Former major versions of events, and pure functions that convert them to the next version and back.

A type changes over two releases, so that old and new processes can run side by side: the first reads both versions
and goes on writing the former (`still_written`), the next writes the new one. The ledger keeps what was sent;
only the payload that is applied is upcast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from events.identifiers import MemberId, OrganisationId, Payload, PersonId, ProductId
from events.teams import OrderGiven, Validity

Said = Mapping[str, JsonValue]


class OrderGivenV1(Validity):
    """A responsible doctor of a post orders the teams of that post to give one product."""

    organisation_id: OrganisationId
    product_id: ProductId
    ordered_by: PersonId | MemberId


def to_order_v2(said: Said) -> dict[str, JsonValue]:
    """Upcast: one product becomes a set of one."""
    kept = {name: value for name, value in said.items() if name != "product_id"}
    return kept | {"product_ids": [said["product_id"]]}


def to_orders_v1(said: Said) -> list[dict[str, JsonValue]]:
    """Downcast: an order for several products becomes one order for each."""
    products = said["product_ids"]
    assert isinstance(products, list)
    kept = {name: value for name, value in said.items() if name != "product_ids"}
    return [kept | {"product_id": product} for product in sorted(map(str, products))]


@dataclass(frozen=True, slots=True)
class Former:
    """A former version of a type: its payload, the version that follows, and the conversions both ways."""

    name: str
    payload: type[Payload]
    newer_name: str
    newer: type[Payload]
    up: Callable[[Said], dict[str, JsonValue]]
    down: Callable[[Said], list[dict[str, JsonValue]]]
    still_written: bool  # by us, while processes of the previous release may run beside ours


FORMER: tuple[Former, ...] = (
    Former(
        "order.given.v1",
        OrderGivenV1,
        "order.given.v2",
        OrderGiven,
        to_order_v2,
        to_orders_v1,
        still_written=True,
    ),
)
UP: dict[type[Payload], Former] = {former.payload: former for former in FORMER}
DOWN: dict[type[Payload], Former] = {former.newer: former for former in FORMER}


def to_newest(payload: Payload) -> Payload:
    """Upcast a payload to the newest version of its type; returns it unchanged when it is the newest."""
    while (former := UP.get(type(payload))) is not None:
        payload = former.newer.model_validate(former.up(payload.model_dump(mode="json")))
    return payload


def to_former(payload: Payload) -> list[Payload]:
    """Downcast a payload for readers of the previous version, to one payload or several."""
    former = DOWN.get(type(payload))
    if former is None:
        return [payload]
    told = former.down(payload.model_dump(mode="json"))
    return [former.payload.model_validate(one) for one in told]


def to_written(payload: Payload) -> Payload:
    """The payload in the version that this release writes. What the former version cannot express stays in the new one."""
    former = DOWN.get(type(payload))
    if former is None or not former.still_written:
        return payload
    told = to_former(payload)
    return told[0] if len(told) == 1 else payload
