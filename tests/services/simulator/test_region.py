from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from stdnum.nl import bsn

from events.practice import ConsentStatus, Judgement
from services.simulator.files import write
from services.simulator.geography import UnknownRegion, read_geography, rows_of
from services.simulator.institutions import LARGEST, SMALLEST, draw_sizes
from services.simulator.region import FIRST_DAY, Sizes, SyntheticRegion, split, synthetic

REGION = "GG2514"
SMALL = Sizes(institutions=30, residents=480, practices=40, teams=4, days=7)


@pytest.fixture(scope="module")
def whole() -> SyntheticRegion:
    return synthetic()


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first = write(tmp_path / "a", synthetic(seed=7, sizes=SMALL))
    second = write(tmp_path / "b", synthetic(seed=7, sizes=SMALL))

    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_another_seed_gives_another_region():
    assert (
        synthetic(seed=7, sizes=SMALL).institutions != synthetic(seed=8, sizes=SMALL).institutions
    )


def test_the_region_has_its_real_share_of_the_deliveries(whole):
    by_day = Counter[date]()
    for delivery in whole.deliveries:
        by_day[delivery.day] += delivery.doses

    assert by_day == {
        date(2021, 2, 11): 2_991,
        date(2021, 2, 25): 5_608,
        date(2021, 3, 20): 7_477,
    }


def test_only_what_came_before_the_first_day_is_received(whole):
    received = {delivery.day for delivery in whole.deliveries if delivery.received}

    assert received == {date(2021, 2, 11)}


def test_the_region_is_that_of_the_map(whole):
    geography = whole.geography
    municipalities = {area.municipality for area in geography.areas}

    assert len(geography.areas) == 231
    assert len(municipalities) == 26
    assert municipalities <= {row["gm_code"] for row in rows_of("municipalities.csv")}
    assert [post.key for post in geography.posts] == ["HAP-3", "HAP-5", "HAP-7", "HAP-9", "HAP-10"]
    assert geography.people == 1_360_950


def test_the_default_region_has_the_size_that_was_asked_for(whole):
    assert len(whole.institutions) == 250
    assert len(whole.residents) == 4000
    assert len(whole.practices) == 180
    assert len(whole.teams) == 8
    assert len(whole.days) == 14
    sizes = [institution.residents for institution in whole.institutions]
    assert min(sizes) >= SMALLEST
    assert max(sizes) <= LARGEST


def test_institutions_stand_where_people_over_85_live():
    many = synthetic(sizes=Sizes(institutions=3000, residents=48_000, practices=40))
    old = sum(area.aged_85plus for area in many.geography.areas)
    by_municipality, expected = Counter[str](), Counter[str]()
    for institution in many.institutions:
        by_municipality[institution.area.municipality] += 1
    for area in many.geography.areas:
        expected[area.municipality] += area.aged_85plus

    for municipality, people in expected.items():
        share = 3000 * people / old
        assert abs(by_municipality[municipality] - share) < 5 * share**0.5, municipality


def test_every_bsn_is_valid_unique_and_of_the_range_that_is_not_issued(whole):
    numbers = [resident.bsn for resident in whole.residents if resident.bsn]

    assert len(set(numbers)) == len(numbers)
    assert all(bsn.is_valid(number) and number.startswith("9") for number in numbers)
    assert 0.93 < len(numbers) / len(whole.residents) < 0.97


def test_names_of_institutions_and_practices_are_each_once(whole):
    institutions = [place.name for place in (*whole.institutions, *whole.unregistered)]
    practices = [practice.name for practice in whole.practices]

    assert len(set(institutions)) == len(institutions)
    assert len(set(practices)) == len(practices)


def test_residents_of_one_institution_have_several_practices_and_the_other_way_round(whole):
    practices_of, institutions_of = Counter[str](), Counter[str]()
    pairs = {(r.institution.key, a.practice.key) for r in whole.residents for a in r.answers}
    for institution, practice in pairs:
        practices_of[institution] += 1
        institutions_of[practice] += 1

    assert sum(count > 1 for count in practices_of.values()) > 150
    assert sum(count > 1 for count in institutions_of.values()) > 100


def test_people_are_as_old_as_their_institutions_make_likely(whole):
    def share_over_80(sector: str) -> float:
        born = [r.birth_date for r in whole.residents if r.institution.sector == sector]
        return sum(day < date(1941, 2, 15) for day in born) / len(born)

    assert share_over_80("elderly") > 0.7
    assert share_over_80("disability") < 0.05


def test_not_everybody_can_be_served_and_for_many_reasons(whole):
    answers = Counter(answer.consent for r in whole.residents for answer in r.answers)
    judged = Counter(resident.judgement for resident in whole.residents)
    unknown = {place.key for place in whole.unregistered}

    assert 0.90 < answers[ConsentStatus.GIVEN] / answers.total() < 0.94
    for kind in (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN, None):
        assert answers[kind]
    for judgement in Judgement:
        assert judged[judgement]
    assert sum(resident.institution.key in unknown for resident in whole.residents) > 5
    assert any(not place.contact_known for place in whole.institutions)
    assert any(set(whole.days) <= set(place.closed_on) for place in whole.institutions)
    assert any(resident.not_before for resident in whole.residents)
    assert {outbreak.policy.value for outbreak in whole.outbreaks} == {"block", "last"}
    assert [call.urgency.value for call in whole.calls] == ["U1", "U2", "U3"]


def test_some_residents_are_registered_by_two_practices(whole):
    double = [resident for resident in whole.residents if len(resident.answers) == 2]

    assert 30 < len(double) < 90
    assert all(len({answer.practice.key for answer in r.answers}) == 2 for r in double)


def test_nobody_rides_twice_at_once_and_no_crew_has_a_member_twice(whole):
    days = [(shift.team.key, shift.day) for shift in whole.shifts]

    assert len(set(days)) == len(days)
    for shift in whole.shifts:
        members = [member for _, member in shift.crew]
        assert len(set(members)) == len(members)
        assert shift.hours.begins < shift.hours.ends


def test_some_certificates_end_before_or_within_the_horizon(whole):
    early = [c for c in whole.certificates if c.valid_until < whole.days[-1]]

    assert 1 <= len(early) < len(whole.certificates) / 4


def test_another_first_day_moves_the_whole_story(whole):
    later = synthetic(start=FIRST_DAY + timedelta(days=364))

    moved = [(d.day - timedelta(days=364), d.doses, d.received) for d in later.deliveries]
    assert moved == [(d.day, d.doses, d.received) for d in whole.deliveries]


def test_a_region_without_shipped_posts_gets_invented_ones():
    amsterdam = synthetic("GG3406", sizes=SMALL)

    assert len(amsterdam.geography.posts) >= 1
    assert all("Oefenpost" in post.name for post in amsterdam.geography.posts)


def test_an_unknown_region_is_refused_with_those_that_exist():
    with pytest.raises(UnknownRegion, match="GG2514"):
        read_geography("GG0000")


def test_sizes_that_do_not_go_together_are_refused():
    with pytest.raises(ValueError, match="residents"):
        synthetic(sizes=Sizes(institutions=10, residents=1000))


def test_sizes_add_up_and_keep_their_bounds():
    sizes = draw_sizes(Random(1), 50, 1700)

    assert sum(sizes) == 1700
    assert min(sizes) >= SMALLEST
    assert max(sizes) <= LARGEST


def test_doses_are_split_in_whole_containers_and_none_is_lost():
    shares = split(2_991, Counter({"A": 7, "B": 2, "C": 1}))

    assert sum(shares.values()) == 2_991
    assert shares["B"] % 10 == shares["C"] % 10 == 0
    assert shares["A"] > shares["B"] > shares["C"]
