"""Log lines: JSON, without personal values, without floods."""

import json
import logging
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

from infra.logs import configure, describe


class Patient(BaseModel):
    """Something with a value that must not be logged."""

    birth_year: int


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    yield
    logging.captureWarnings(capture=False)
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_says_who_and_what_but_not_of_whom(capsys: pytest.CaptureFixture[str]):
    configure("intake")

    logging.getLogger("services.intake").warning(
        "refused", extra={"bsn": "123456782", "region": "GG2707"}
    )

    [line] = lines(capsys)
    assert line["process"] == "intake"
    assert line["region"] == "GG2707"
    assert line["bsn"] == "***"


def test_an_error_of_a_library_is_described_without_the_values_it_repeats():
    with pytest.raises(ValidationError) as caught:
        Patient.model_validate({"birth_year": "geheim"})

    described = json.dumps(describe(caught.value))

    assert "geheim" in str(caught.value)
    assert "geheim" not in described
    assert "ValidationError" in described


def test_aiokafka_says_the_same_thing_once_in_a_while(capsys: pytest.CaptureFixture[str]):
    configure("relay")

    for attempt in range(100):
        logging.getLogger("aiokafka.conn").error("Connect attempt %s failed", attempt)
        logging.getLogger("services.relay").error("ours %s", attempt)

    said = [line["logger"] for line in lines(capsys)]
    assert said.count("aiokafka.conn") == 1
    assert said.count("services.relay") == 100
