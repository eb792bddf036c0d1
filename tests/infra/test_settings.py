"""Settings: read once, named when wrong, never repeated."""

from pathlib import Path

import pytest

from infra.settings import InvalidSettings, Postgres, Settings, Web


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for group in Settings.model_fields.values():
        for field in group.annotation.model_fields.values():
            monkeypatch.delenv(field.alias, raising=False)


def test_without_any_variable_there_are_defaults():
    settings = Settings.read()

    assert settings.kafka.partitions == 6
    assert settings.run.embedded is False


def test_variables_arrive_under_their_names_and_an_empty_one_counts_as_absent(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "a:1,b:2")
    monkeypatch.setenv("PRIKPLOEG_SLOT", "")

    settings = Settings.read()

    assert settings.kafka.bootstrap_servers == "a:1,b:2"
    assert settings.run.slot == 0


def test_a_bad_value_is_refused_by_name_without_the_value(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KAFKA_PARTITIONS", "geheim")
    monkeypatch.setenv("WEB_PORT", "99999999")

    with pytest.raises(InvalidSettings, match="KAFKA_PARTITIONS") as error:
        Settings.read()

    assert "geheim" not in str(error.value)
    assert "99999999" not in str(error.value)


def test_a_role_gets_its_own_password_in_its_address(tmp_path: Path):
    (tmp_path / "reader").write_text("p@ss/word\n")
    postgres = Postgres(url="postgresql://db:5432/prikploeg?sslmode=require", passwords=tmp_path)

    dsn = postgres.dsn("reader")

    assert dsn == "postgresql://reader:p%40ss%2Fword@db:5432/prikploeg?sslmode=require"


def test_an_absent_password_is_refused_by_its_path(tmp_path: Path):
    postgres = Postgres(passwords=tmp_path)

    with pytest.raises(InvalidSettings, match="planner"):
        postgres.dsn("planner")


def test_the_names_of_the_service_are_those_given_and_the_address_it_is_served_on():
    given = Web(host="10.0.0.7", hosts=" Prikploeg.example , [::1],")

    assert given.known_hosts() == {"prikploeg.example", "::1", "10.0.0.7"}
    assert Web(host="0.0.0.0").known_hosts() == frozenset()


def test_there_are_at_most_six_groups_and_29_fields_beside_those_of_the_identity_provider():
    groups = {name: group.annotation for name, group in Settings.model_fields.items()}
    fields = {name: len(group.model_fields) for name, group in groups.items()}

    assert len(groups) <= 6
    assert fields.pop("sign_in") <= 10  # none of them without a provider (decision 0033)
    # 28 again when the short names of types are gone (decision 0015)
    assert sum(fields.values()) <= 29
