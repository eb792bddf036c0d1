"""Return records against the profiles of Nictiz, judged by the reference validator of FHIR; all in one run of it.

The profiles lie outside the repository (`../shared/data/fhir`): without them this is skipped, except in CI.
"""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from events.births import BirthDate
from infra.person import Person
from services.returns.fhir import to_bundle
from services.returns.record import Party, Record, Vaccine, name_dose

ROOT = Path(__file__).resolve().parents[2]
PROFILES = ROOT.parent / "shared" / "data" / "fhir"
OURS = "https://prikploeg.example.org/fhir/StructureDefinition/"
pytestmark = pytest.mark.slow

PERSON = Person("111222333", "Anna", "van Testa", BirthDate(1931, 4, 3), "3511AB", "12")
RECORD = Record(
    message=UUID(int=1),
    dose=name_dose("GG2514", 12),
    kind="given",
    person=PERSON,
    vaccine=Vaccine("spikevax", "Spikevax", "2924528", "28531000087107"),
    lot="LOT7",
    dose_no=1,
    given_at=datetime(2021, 2, 17, 9, 10, tzinfo=UTC),
    performer=Party("Huisartsenpost Utrecht", "01234567"),
    opt_in=True,
    made_at=datetime(2021, 2, 17, 9, 12, tzinfo=UTC),
)
GOOD = {
    "a dose": RECORD,
    "a correction": replace(RECORD, kind="corrected", lot="LOT8"),
    "a retraction": replace(RECORD, kind="retracted"),
    "a dose in summer": replace(RECORD, given_at=datetime(2021, 7, 1, 9, tzinfo=UTC)),
    "letters of elsewhere": replace(RECORD, person=replace(PERSON, family_name="Łukasz-Öztürk")),
}
SPARE = {
    "initials": replace(RECORD, person=replace(PERSON, given_name="A.M.")),
    "a family name only": replace(RECORD, person=replace(PERSON, given_name="-")),
    "a person without a BSN": replace(RECORD, person=replace(PERSON, bsn=None)),
    "a birth date without a day": replace(
        RECORD, person=replace(PERSON, birth_date=BirthDate(1931, 4))
    ),
    "a birth year": replace(RECORD, person=replace(PERSON, birth_date=BirthDate(1931))),
    "a dose without a batch": replace(RECORD, lot=None),
    "a product with one code": replace(RECORD, vaccine=replace(RECORD.vaccine, snomed=None)),
    "a product without codes": replace(RECORD, vaccine=Vaccine("new", "New", None, None)),
    "no post is known": replace(RECORD, performer=None),
    "a post without an AGB code": replace(RECORD, performer=Party("Post", None)),
}
# Best practice only, and codes that nobody can look up without SNOMED CT and G-standaard.
EXPECTED = (
    "dom-6",
    "Terminology_PassThrough_TX_Message",
    "Terminology_TX_NoValid_2_CC",
    "Reference_REF_MultipleMatches",
    "Details_for__matching_against_Profile_",
)


def part(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """The resource of this kind."""
    found: dict[str, Any] = next(
        one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind
    )
    return found


def strict(record: Record) -> dict[str, Any]:
    """The bundle, that must fit our own stricter profiles too."""
    bundle: dict[str, Any] = copy.deepcopy(to_bundle(record))
    part(bundle, "Patient")["meta"]["profile"].append(OURS + "patient-with-bsn")
    part(bundle, "Immunization")["meta"]["profile"].append(OURS + "dose-of-ours")
    return bundle


def spoilt(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """A good bundle with one thing wrong."""
    bundle = strict(RECORD)
    change(bundle)
    return bundle


def with_bsn(bsn: str) -> Callable[[dict[str, Any]], object]:
    return lambda one: part(one, "Patient")["identifier"][0].update(value=bsn)


BAD = {
    "no patient": spoilt(lambda one: part(one, "Immunization").pop("patient")),
    "no product": spoilt(lambda one: part(one, "Immunization").pop("vaccineCode")),
    "no moment": spoilt(lambda one: part(one, "Immunization").pop("occurrenceDateTime")),
    "a moment without a zone": spoilt(
        lambda one: part(one, "Immunization").update(occurrenceDateTime="2021-02-17T10:10:00")
    ),
    "another state": spoilt(lambda one: part(one, "Immunization").update(status="done")),
    "a field that does not exist": spoilt(lambda one: part(one, "Immunization").update(batch="1")),
    "no batch": spoilt(lambda one: part(one, "Immunization").pop("lotNumber")),
    "no post": spoilt(lambda one: part(one, "Immunization").pop("performer")),
    "a BSN that fails the eleven test": spoilt(with_bsn("123456789")),
    "a BSN of eight digits": spoilt(with_bsn("11122233")),
    "no BSN": spoilt(lambda one: part(one, "Patient").pop("identifier")),
    "a patient that is an organisation": spoilt(
        lambda one: part(one, "Immunization")["patient"].update(
            reference=f"Organization/{RECORD.dose}-o", type="Organization"
        )
    ),
}


@pytest.fixture(scope="module")
def said() -> dict[str, list[dict[str, str]]]:
    """What the validator says of each bundle, by name."""
    if not PROFILES.exists():
        why = f"the profiles of Nictiz are not in {PROFILES.relative_to(ROOT.parent)}"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    asked = {f"good: {name}": strict(one) for name, one in GOOD.items()}
    asked |= {f"spare: {name}": to_bundle(one) for name, one in SPARE.items()}
    asked |= {f"bad: {name}": one for name, one in BAD.items()}
    lines = [json.dumps({"name": name, "resource": one}) for name, one in asked.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.standards.fhir.validate", str(PROFILES)],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=240,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(asked), done.stderr[-2000:]
    return {one["name"]: one["messages"] for one in answers}


def errors(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    return [one for one in messages if one["severity"] in ("error", "fatal")]


@pytest.mark.parametrize(
    "name", [*(f"good: {one}" for one in GOOD), *(f"spare: {one}" for one in SPARE)]
)
def test_a_return_record_fits_the_profiles(said: dict[str, list[dict[str, str]]], name: str):
    assert errors(said[name]) == []
    others = [one for one in said[name] if not one["id"].endswith(EXPECTED)]
    assert [one for one in others if one["severity"] == "warning"] == []


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_found(said: dict[str, list[dict[str, str]]], name: str):
    assert errors(said[f"bad: {name}"])


@pytest.mark.parametrize("name", [*GOOD, *SPARE])
def test_everything_that_is_referred_to_is_in_the_bundle(name: str):
    """The validator is silent about a reference to nothing."""
    bundle = to_bundle((GOOD | SPARE)[name])
    there = {
        str(one["fullUrl"]).removeprefix("https://prikploeg.example.org/fhir/")
        for one in bundle["entry"]
    }  # type: ignore[union-attr,index,call-overload]

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(bundle) <= there
    assert references(bundle)


@pytest.mark.parametrize("name", ["a correction", "a retraction"])
def test_what_replaces_a_dose_has_its_identifier_and_a_name_of_its_own(name: str):
    first, later = to_bundle(RECORD), to_bundle(replace(GOOD[name], message=UUID(int=2)))

    assert part(first, "Immunization")["identifier"] == part(later, "Immunization")["identifier"]
    assert first["identifier"] != later["identifier"]


def test_the_code_of_the_product_is_the_same_in_both_places():
    bundle = to_bundle(RECORD)

    assert part(bundle, "Medication")["code"] == part(bundle, "Immunization")["vaccineCode"]
