"""Patients registered by a FHIR bundle: the same checks, nothing lost, nothing twice, and errors that hold no value."""

import copy
import json
from typing import Any

import httpx2
import pytest

from services.web.api.fhir.registering import PLACE
from tests.services.accept.looking import rows
from tests.services.web.conftest import Site
from tests.services.web.seed import PRODUCT
from tests.services.web.test_questions import post

pytestmark = pytest.mark.postgres
FHIR = {"content-type": "application/fhir+json"}
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
HPK = "urn:oid:2.16.840.1.113883.2.4.4.7"


def a_patient(site: Site, **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"profile": ["http://nictiz.nl/fhir/StructureDefinition/nl-core-Patient"]},
        "identifier": [{"system": BSN, "value": "999990184"}],
        "name": [{"use": "official", "family": "de Bundel", "given": ["Berta"]}],
        "birthDate": "1935-05-06",
        "address": [{"postalCode": "3511 AB"}],
        "managingOrganization": {
            "identifier": {"system": PLACE, "value": str(site.home.locations[0])}
        },
        **other,
    }


def a_consent(scope: str = "treatment", **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": SCOPE, "code": scope}]},
        "patient": {"reference": "Patient/p1"},
        "provision": {"type": "permit"},
        **other,
    }


def a_dose(code: str = "2924528", **other: Any) -> dict[str, Any]:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": HPK, "code": code}]},
        "patient": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2021-01-20",
        **other,
    }


def a_bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


async def send(site: Site, bundle: object, role: str = "practice", **query: str) -> httpx2.Response:
    async with site.client(site.who(role), cookie=False) as client:
        body = bundle if isinstance(bundle, str) else json.dumps(bundle)
        return await client.post("/api/v1/registrations", content=body, headers=FHIR, params=query)


async def ledger(site: Site) -> list[tuple[str, dict[str, Any]]]:
    """What the practice said by bundles, in order."""
    door = await site.fresh.open("acceptor", 1)
    found = await rows(
        door,
        "SELECT type, body FROM ledger WHERE source LIKE 'urn:nld:prikploeg:practice:%:web' AND actor IS NOT NULL ORDER BY seq",
    )
    return [(kind, json.loads(body)) for kind, body in found]


def issues(answer: httpx2.Response) -> list[tuple[str, str]]:
    assert answer.json()["resourceType"] == "OperationOutcome"
    return [(one["code"], one["expression"][0]) for one in answer.json()["issue"]]


async def test_a_bundle_registers_a_patient_with_answers_and_doses_of_elsewhere(site: Site):
    answer = await send(
        site, a_bundle(a_patient(site), a_consent(), a_consent("patient-privacy"), a_dose())
    )

    said = await ledger(site)
    assert [one["response"]["status"] for one in answer.json()["entry"]] == ["201"]
    assert [kind for kind, _ in said] == [
        "patient.registered.v1",
        "consent.recorded.v1",
        "consent.recorded.v1",
        "dose.given_elsewhere.v1",
    ]
    first, treatment, register, dose = (body for _, body in said)
    assert (first["indication"], first["location_id"]) == ("age_80", str(site.home.locations[0]))
    assert (treatment["subject"], register["subject"]) == ("treatment", "register")
    assert (dose["dose_no"], dose["given_on"]) == (1, "2021-01-20")


async def test_the_patient_stands_on_the_page_of_the_practice_by_name(site: Site):
    await send(site, a_bundle(a_patient(site), a_consent()))
    ((_, registered), _) = await ledger(site)

    async with site.client(site.who("practice"), cookie=False) as client:
        found = (await client.get(f"/api/v1/patients/{registered['person_id']}")).json()

    assert found["name"] == "Berta de Bundel"


async def test_the_same_bundle_twice_changes_nothing(site: Site):
    bundle = a_bundle(a_patient(site), a_consent(), a_dose())
    await send(site, bundle)
    before = await ledger(site)

    again = await send(site, bundle)

    assert [one["response"]["status"] for one in again.json()["entry"]] == ["200"]
    assert await ledger(site) == before


async def test_a_code_that_the_catalogue_does_not_have_is_kept_as_a_dose_to_ask_about(site: Site):
    await send(site, a_bundle(a_patient(site), a_dose("7654321")))

    (dose,) = [body for kind, body in await ledger(site) if kind == "dose.given_elsewhere.v1"]
    assert dose["product_id"] == "hpk_7654321"


async def test_doses_without_a_number_are_counted_in_the_order_of_their_days(site: Site):
    second = a_dose(occurrenceDateTime="2021-02-10")

    await send(site, a_bundle(a_patient(site), second, a_dose()))

    doses = [body for kind, body in await ledger(site) if kind == "dose.given_elsewhere.v1"]
    assert sorted((one["given_on"], one["dose_no"]) for one in doses) == [
        ("2021-01-20", 1),
        ("2021-02-10", 2),
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, "given"),
        ({"provision": {"type": "deny"}}, "refused"),
        ({"status": "rejected"}, "refused"),
        ({"status": "inactive"}, "withdrawn"),
    ],
    ids=["permit", "deny", "rejected", "inactive"],
)
async def test_an_answer_means_what_it_says(site: Site, change: dict[str, Any], status: str):
    await send(site, a_bundle(a_patient(site), a_consent(**change)))

    (answer,) = [body for kind, body in await ledger(site) if kind == "consent.recorded.v1"]
    assert answer["status"] == status


WRONG: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("BSN", {"identifier": [{"system": BSN, "value": "123456789"}]}, ("value", "identifier")),
    ("birth", {"birthDate": "1935-13-40"}, ("value", "birthDate")),
    ("no birth", {"birthDate": None}, ("value", "birthDate")),
    ("unborn", {"birthDate": "2035-01-01"}, ("value", "birthDate")),
    ("postcode", {"address": [{"postalCode": "SECRET1"}]}, ("value", "address[0].postalCode")),
    ("no name", {"name": []}, ("value", "name")),
    ("no family", {"name": [{"given": ["SECRET"]}]}, ("value", "name[0].family")),
    ("dead", {"deceasedBoolean": True}, ("business-rule", "deceased")),
    ("place", {"managingOrganization": None}, ("not-found", "managingOrganization")),
    ("modified", {"modifierExtension": [{"url": "SECRET"}]}, ("extension", "modifierExtension")),
]


@pytest.mark.parametrize(
    ("change", "issue"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
async def test_what_is_wrong_is_named_by_its_path_and_never_by_its_value(
    site: Site, change: dict[str, Any], issue: tuple[str, str]
):
    other = a_patient(site, id="p2", identifier=[], name=[{"family": "Goed", "given": ["Gina"]}])

    answer = await send(site, a_bundle(a_patient(site, **change), other))

    assert answer.status_code == 400
    assert (issue[0], f"Bundle.entry[0].resource.{issue[1]}") in issues(answer)
    assert [one for one in ("SECRET", "123456789", "1935-13", "Bundel") if one in answer.text] == []
    assert await ledger(site) == []


@pytest.mark.parametrize(
    ("resource", "issue"),
    [
        (
            a_dose(vaccineCode={"coding": [{"system": "urn:x", "code": "1"}]}),
            ("code-invalid", "vaccineCode"),
        ),
        (a_dose(occurrenceDateTime="2021"), ("value", "occurrenceDateTime")),
        (a_dose(occurrenceDateTime="2031-01-01"), ("value", "occurrenceDateTime")),
        (a_dose(status="entered-in-error"), ("not-supported", "status")),
        (a_dose(patient={"reference": "Patient/other"}), ("not-found", "patient.reference")),
        (a_consent("research"), ("not-supported", "scope")),
        (a_consent(dateTime="2031-01-01T10:00:00Z"), ("value", "dateTime")),
        ({"resourceType": "Observation"}, ("not-supported", "resourceType")),
    ],
    ids=["system", "year", "ahead", "error", "nobody", "scope", "future", "kind"],
)
async def test_with_one_part_that_does_not_fit_nothing_is_stored(
    site: Site, resource: dict[str, Any], issue: tuple[str, str]
):
    answer = await send(site, a_bundle(a_patient(site), resource))

    assert issues(answer) == [(issue[0], f"Bundle.entry[1].resource.{issue[1]}")]
    assert await ledger(site) == []


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "null",
        '{"resourceType": "Patient"}',
        '{"resourceType": "Bundle", "type": "collection", "entry": []}',
    ],
)
async def test_what_is_no_bundle_is_refused(site: Site, body: str):
    answer = await send(site, body)

    assert answer.status_code == 400
    assert answer.json()["issue"]


async def test_only_a_practice_registers_by_bundle(site: Site):
    assert (await send(site, a_bundle(a_patient(site)), role="planner")).status_code == 403


async def test_what_we_send_back_as_a_record_is_read_as_a_dose_of_elsewhere(site: Site):
    """Our own bundle: the patient by another name, an organisation, a medication and the dose."""
    patient = a_patient(site, id="x-p")
    dose = a_dose(patient={"reference": "Patient/x-p", "type": "Patient"}, lotNumber="LOT7")
    beside = [{"resourceType": "Medication", "id": "x-m"}, {"resourceType": "Organization"}]

    answer = await send(site, copy.deepcopy(a_bundle(dose, patient, *beside)))

    assert answer.status_code == 200, answer.text
    assert [kind for kind, _ in await ledger(site)] == [
        "patient.registered.v1",
        "dose.given_elsewhere.v1",
    ]


async def test_the_planner_is_asked_which_product_a_code_is_until_somebody_says_so(site: Site):
    await send(site, a_bundle(a_patient(site), a_dose("7654321")))
    planner = site.who("planner")
    async with site.client(planner) as client:
        inbox = (await client.get("/planning")).text
        asked = (await client.get("/planning/producten")).text

    done = await post(site, planner, "/planning/producten", code="hpk_7654321", product=PRODUCT)
    async with site.client(planner) as client:
        after = (await client.get("/planning")).text
        answered = (await client.get("/planning/producten")).text

    assert "Welk product is HPK 7654321?" in inbox
    assert "HPK 7654321" in asked
    assert done.status_code == 303
    assert "HPK 7654321" not in after + answered
    reader = await site.fresh.open("owner", 1)
    assert await rows(
        reader, "SELECT product FROM dose_records WHERE outcome = 'elsewhere' AND is_corrected"
    ) == [(PRODUCT,)]


async def test_a_product_that_does_not_exist_answers_nothing(site: Site):
    await send(site, a_bundle(a_patient(site), a_dose("7654321")))

    done = await post(
        site, site.who("planner"), "/planning/producten", code="hpk_7654321", product="nothing"
    )

    assert done.status_code == 403


def repr_of(odd: object) -> str:
    return type(odd).__name__ + str(len(str(odd)))


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a bundle at which something stands."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        found += places(one, (*path, key)) if isinstance(one, dict | list) else [(*path, key)]
    return found


@pytest.mark.parametrize(
    "odd", [None, [], {"MARKED": "MARKED"}, 10**30, "MARKED\x00", "MARKED" * 900], ids=repr_of
)
async def test_every_field_at_its_worst_is_refused_without_being_repeated(site: Site, odd: object):
    good = a_bundle(a_patient(site), a_consent(), a_dose())
    told = []
    for path in places(good):
        bundle: Any = copy.deepcopy(good)
        *way, last = path
        inner = bundle
        for key in way:
            inner = inner[key]
        inner[last] = odd
        answer = await send(site, bundle)
        if answer.status_code >= 500 or "MARKED" in answer.text:
            told.append((path, answer.status_code))

    assert told == []
