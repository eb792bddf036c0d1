import json

from events.location import LocationRegistered
from events.practice import ConsentRecorded, PatientRegistered
from services.importing.layout import Place, RowProblem
from services.importing.run import check, run
from tests.services.importing.builders import GOOD, HEADER, REGION, Inbox, SmallVault, a_file


async def test_a_registration_becomes_a_patient_and_a_consent(tmp_path):
    file, inbox = a_file(tmp_path, "registrations.csv", HEADER, GOOD), Inbox()

    report = await run([file], REGION, inbox, SmallVault())

    assert report.sent == {"consent.recorded.v1": 1, "patient.registered.v1": 1}
    patient, consent = (event.payload for event in inbox.events())
    assert isinstance(patient, PatientRegistered)
    assert isinstance(consent, ConsentRecorded)
    assert patient.person_id == consent.person_id
    assert patient.birth_year == 1931


async def test_importing_twice_sends_the_same_ids(tmp_path):
    file, first, second = a_file(tmp_path, "registrations.csv", HEADER, GOOD), Inbox(), Inbox()

    await run([file], REGION, first, SmallVault())
    await run([file], REGION, second, SmallVault())

    assert first.ids() == second.ids()
    assert len(set(first.ids())) == 2


async def test_the_same_facts_in_another_layout_have_the_same_ids(tmp_path):
    comma = a_file(tmp_path, "registrations.csv", HEADER.replace(";", ","), GOOD.replace(";", ","))
    semicolon, first, second = (
        a_file(tmp_path, "registrations2.csv", HEADER, GOOD),
        Inbox(),
        Inbox(),
    )

    await run([comma], REGION, first, SmallVault())
    await run([semicolon], REGION, second, SmallVault())

    assert first.ids() == second.ids()


async def test_a_changed_row_has_a_new_id_for_what_changed_only(tmp_path):
    file, first, second = a_file(tmp_path, "registrations.csv", HEADER, GOOD), Inbox(), Inbox()
    changed = a_file(tmp_path, "registrations2.csv", HEADER, GOOD.replace("gegeven", "geweigerd"))

    await run([file], REGION, first, SmallVault())
    await run([changed], REGION, second, SmallVault())

    assert first.ids()[0] == second.ids()[0]
    assert first.ids()[1] != second.ids()[1]


async def test_a_row_that_is_true_again_on_a_later_day_is_said_again(tmp_path):
    monday = a_file(tmp_path, "registrations.csv", HEADER + ";peildatum", GOOD + ";2021-02-15")
    friday = a_file(tmp_path, "registrations2.csv", HEADER + ";peildatum", GOOD + ";2021-02-19")
    first, second = Inbox(), Inbox()

    await run([monday], REGION, first, SmallVault())
    await run([friday], REGION, second, SmallVault())

    assert set(first.ids()).isdisjoint(second.ids())


async def test_good_rows_go_on_beside_bad_ones(tmp_path):
    bad = GOOD.replace("999990019", "123456789").replace("03-04-1931", "31-02-1931")
    file, inbox = a_file(tmp_path, "registrations.csv", HEADER, bad, GOOD), Inbox()

    report = await run([file], REGION, inbox, SmallVault())

    assert (report.rows, report.rows_accepted) == (2, 1)
    assert len(inbox.records) == 2
    (problem,) = report.problems
    assert (problem.file, problem.row) == ("registrations.csv", 2)
    assert problem.fields == ("bsn", "birth_date")


async def test_a_problem_never_tells_the_value(tmp_path):
    secrets = ("123456789", "Geheimzoom", "31-02-1931", "99XX", "misschien")
    row = "123456789;Aagje;Geheimzoom;31-02-1931;99XX;PRAK-1;griep;INST-1;misschien"
    file = a_file(tmp_path, "registrations.csv", HEADER, row)

    report = await run([file], REGION, Inbox(), SmallVault())

    (problem,) = report.problems
    assert problem.fields == ("bsn", "birth_date", "postcode", "consent")
    assert not any(secret in problem.message for secret in secrets)


async def test_nothing_that_identifies_a_person_travels(tmp_path):
    file, inbox = a_file(tmp_path, "registrations.csv", HEADER, GOOD), Inbox()

    await run([file], REGION, inbox, SmallVault())

    for record in inbox.records:
        text = json.dumps(json.loads(record.value)) + str(record.headers)
        for secret in ("999990019", "Aagje", "Rietzoom", "04-03", "3581", "1931-04"):
            assert secret not in text


async def test_a_person_whom_the_vault_refuses_is_a_problem_of_their_row(tmp_path):
    other = GOOD.replace("van der Rietzoom", "Onbekend").replace("999990019", "")
    file, inbox = a_file(tmp_path, "registrations.csv", HEADER, GOOD, other), Inbox()

    report = await run([file], REGION, inbox, SmallVault(refuses=frozenset({"Onbekend"})))

    assert [problem.row for problem in report.problems] == [3]
    assert report.rows_accepted == 1
    assert len(inbox.records) == 2


async def test_a_dry_run_reports_and_writes_nothing(tmp_path):
    file = a_file(tmp_path, "registrations.csv", HEADER, GOOD, "rommel")
    inbox, vault = Inbox(), SmallVault()

    report = await run([file], REGION, inbox, vault, dry_run=True)

    assert report.dry_run
    assert report.sent == {"consent.recorded.v1": 1, "patient.registered.v1": 1}
    assert [problem.row for problem in report.problems] == [3]
    assert inbox.records == []
    assert vault.asked == []


def test_a_check_needs_no_server_at_all(tmp_path):
    file = a_file(tmp_path, "registrations.csv", HEADER, GOOD)

    report = check([file], REGION)

    assert (report.rows_accepted, report.dry_run) == (1, True)


async def test_nobody_enters_the_vault_whose_row_would_be_refused_later(tmp_path):
    too_old = GOOD.replace("03-04-1931", "03-04-1831")
    file, vault = a_file(tmp_path, "registrations.csv", HEADER, too_old), SmallVault()

    report = await run([file], REGION, Inbox(), vault)

    assert report.problems[0].fields == ("birth_date",)
    assert vault.asked == []


async def test_an_unreadable_file_does_not_stop_the_others(tmp_path):
    good = a_file(tmp_path, "registrations.csv", HEADER, GOOD)
    empty = a_file(tmp_path, "teams.csv", "")
    strange = a_file(tmp_path, "boodschappen.csv", "wat;hoeveel", "melk;2")
    missing = tmp_path / "orders.csv"

    report = await run([empty, strange, missing, good], REGION, Inbox(), SmallVault())

    assert [(p.file, p.row) for p in report.problems] == [
        ("teams.csv", 0),
        ("boodschappen.csv", 0),
        ("orders.csv", 0),
    ]
    assert report.rows_accepted == 1


async def test_a_missing_required_column_is_told_by_name(tmp_path):
    file = a_file(tmp_path, "teams.csv", "team;naam", "T1;Vecht")

    report = await run([file], REGION, Inbox(), SmallVault())

    assert report.problems[0].message == "verplichte kolommen ontbreken: post"


async def test_a_file_of_another_name_is_known_by_its_columns(tmp_path):
    file, inbox = a_file(tmp_path, "export_his_maart.csv", HEADER, GOOD), Inbox()

    await run([file], REGION, inbox, SmallVault())

    assert len(inbox.records) == 2


async def test_an_institution_without_coordinates_lies_in_the_middle_of_its_postcode(tmp_path):
    file = a_file(
        tmp_path,
        "institutions.csv",
        "institution,name,postcode,opening",
        "A,De Wilg,3581AB,ma 9:00-12:00",
    )
    inbox, places = Inbox(), {3581: Place(52.09, 5.14, "GM0344")}

    report = await run([file], REGION, inbox, SmallVault(), places=places)

    assert report.problems == ()
    (event,) = inbox.events()
    assert isinstance(event.payload, LocationRegistered)
    assert (event.payload.point.lat, event.payload.municipality) == (52.09, "GM0344")


async def test_an_institution_at_an_unknown_postcode_asks_for_coordinates(tmp_path):
    file = a_file(
        tmp_path,
        "institutions.csv",
        "institution,name,postcode,opening",
        "A,De Wilg,9999AB,ma 9:00-12:00",
    )

    report = await run([file], REGION, Inbox(), SmallVault(), places={})

    assert report.problems[0].fields == ("postcode", "lat", "lon", "municipality")


async def test_a_delivery_is_announced_until_it_is_received(tmp_path):
    header = "delivery,depot,product,doses,expected_on,received_on,lot,use_by"
    file = a_file(
        tmp_path,
        "supply.csv",
        header,
        "L1,D1,moderna,100,2021-02-25,,,",
        "L2,D1,moderna,100,,2021-02-11,A12,2021-03-13",
        "L3,D1,moderna,100,,2021-02-11,,",
    )
    inbox = Inbox()

    report = await run([file], REGION, inbox, SmallVault())

    assert [e.envelope.type for e in inbox.events()] == [
        "delivery.announced.v1",
        "delivery.received.v1",
    ]
    assert report.problems[0].fields == ("received_on", "lot", "use_by")


async def test_a_shift_that_ends_before_it_begins_is_refused_by_its_columns(tmp_path):
    file = a_file(
        tmp_path,
        "rosters.csv",
        "team,depot,date,begins,ends,capacity,crew",
        "T1,D1,2021-02-15,16:00,8:00,100,arts:M1",
    )

    report = await run([file], REGION, Inbox(), SmallVault())

    assert report.problems[0].fields == ("begins", "ends")


def test_a_problem_reads_as_one_line_for_a_person():
    problem = RowProblem("registrations.csv", 5, ("bsn",), "bsn ontbreekt")

    assert str(problem) == "registrations.csv, rij 5: bsn ontbreekt"


async def test_a_name_that_the_vault_would_not_keep_is_refused_by_its_column(tmp_path):
    long = GOOD.replace("Aagje", "A" * 81)
    file, vault = a_file(tmp_path, "registrations.csv", HEADER, long), SmallVault()

    report = await run([file], REGION, Inbox(), vault)

    assert report.problems[0].fields == ("given_name",)
    assert vault.asked == []
