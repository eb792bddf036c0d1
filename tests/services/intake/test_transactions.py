"""A sender whose library uses transactions: its end markers take offsets that no record has."""

import pytest
from confluent_kafka import Producer as OtherProducer

from services.commands.connecting import connect
from tests.builders import REGION, a_record
from tests.facts import a_patient
from tests.flow.processes import children, environment, until
from tests.services.intake.a_system import a_practice_system

pytestmark = pytest.mark.kafka
TRANSACTIONS, RECORDS = 3, 4


async def test_records_of_transactions_are_stored_and_the_holes_between_them_are_told(
    fresh, kafka, tmp_path
):
    system = a_practice_system(REGION)
    await connect(fresh.settings(kafka), [system])
    producer = OtherProducer(
        {"bootstrap.servers": kafka.kafka_bootstrap, "transactional.id": system.topic}
    )
    producer.init_transactions(20)
    for transaction in range(TRANSACTIONS):
        producer.begin_transaction()
        for number in range(RECORDS):
            name = f"{transaction}-{number}"
            record = a_record(a_patient(name), name, REGION, system)
            producer.produce(
                system.topic, record.value, REGION, headers=list(record.headers.items())
            )
        producer.commit_transaction(20)
    database = await fresh.open("acceptor")

    async def counts() -> tuple[int, int]:
        async with database.transaction() as tx:
            return (
                await tx.fetchval("SELECT count(*) FROM ledger"),
                await tx.fetchval("SELECT count(*) FROM gaps"),
            )

    async def all_there() -> bool:
        return await counts() == (TRANSACTIONS * RECORDS, TRANSACTIONS - 1)

    async with children(environment(fresh, kafka), tmp_path, "intake") as running:
        await until(all_there)

        assert running["intake"].is_running
