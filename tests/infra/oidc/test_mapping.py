"""What claims mean here: any provider's names, and nothing that no file names."""

from pathlib import Path
from uuid import UUID

import pytest

from infra.errors import NotConfigured
from infra.oidc.mapping import (
    Choice,
    MeaningOfClaims,
    find_choices,
    keys_to_look_up,
    read_mapping,
    read_relations,
    read_subject,
)
from infra.postgres.affiliations import Known
from tests.documents import block

PRACTICE, POST = UUID(int=1), UUID(int=2)
KNOWN = {
    str(PRACTICE): [Known("GG2514", PRACTICE, "practice", "Praktijk")],
    str(POST): [Known("GG2514", POST, "post", "Post")],
    "01000001": [Known("GG2514", PRACTICE, "practice", "Praktijk")],
}
ROLES = {"huisarts": "practice", "regie": "planner", "crisis": "crisis"}
PLACES = {
    "p": {"region": "GG2514", "organisation": PRACTICE},
    "h": {"region": "GG2514", "organisation": POST},
    "g": {"region": "GG2514"},
    "elsewhere": {"region": "GG0111", "organisation": PRACTICE},
}


def choices(said: dict[str, object], **more: object) -> list[tuple[str, UUID | None]]:
    mapping = MeaningOfClaims.model_validate({"roles": ROLES, "organisations": PLACES} | more)
    relations = read_relations(mapping, said)
    ids, agbs = keys_to_look_up(mapping, relations)
    asked = {key: KNOWN[key] for key in [*map(str, ids), *agbs] if key in KNOWN}
    return [(one.role, one.organisation) for one in find_choices(mapping, relations, asked)]


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"roles": ["huisarts"], "organization": ["p"]}, [("practice", PRACTICE)]),
        ({"roles": "huisarts", "organization": "p"}, [("practice", PRACTICE)]),
        ({"roles": ["huisarts"], "organization": {"p": {"id": "x"}}}, [("practice", PRACTICE)]),
        ({"roles": ["huisarts", "regie"], "organization": ["p", "h"]}, [("planner", POST), ("practice", PRACTICE)]),
        ({"roles": ["crisis"], "organization": ["g", "p"]}, [("crisis", None)]),
        ({"roles": ["huisarts"], "organization": ["h"]}, []),  # a post is no practice
        ({"roles": ["huisarts"], "organization": ["elsewhere"]}, []),  # not in that region
        ({"roles": ["huisarts"], "organization": ["onbekend"]}, []),
        ({"roles": ["planner", "practice", "admin"], "organization": ["p", "h", "g"]}, []),  # ours, not theirs
        ({"roles": ["huisarts"]}, []),
        ({"organization": ["p"]}, []),
        ({"roles": {"huisarts": True}, "organization": [{"p": 1}, 3, None]}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_role_counts_with_an_organisation_of_its_kind_and_only_as_the_file_names_both(
    claims: dict[str, object], expected: list[tuple[str, UUID | None]]
):
    assert choices(claims) == expected


def test_claims_may_have_any_name_and_lie_deep():
    claims = {"realm_access": {"roles": ["huisarts"]}, "https://x.example/org": "p"}

    assert choices(
        claims, claims={"roles": "realm_access.roles", "organisations": "https://x.example/org"}
    ) == [("practice", PRACTICE)]


def test_a_role_of_one_organisation_is_no_role_of_another():
    claims = {"relations": [{"ura": "p", "role": "regie"}, {"ura": "h", "role": "huisarts"}]}
    names = {"each": "relations", "roles": "role", "organisations": "ura"}

    assert choices(claims, claims=names) == []
    claims["relations"].append({"ura": "p", "role": "huisarts"})
    assert choices(claims, claims=names) == [("practice", PRACTICE)]


def test_an_organisation_is_found_by_its_number_or_code_when_the_file_says_so():
    by_agb = {"roles": ["huisarts"], "organization": ["01000001"]}
    by_id = {"roles": ["huisarts"], "organization": [str(PRACTICE)]}

    assert choices(by_agb) == []
    assert choices(by_agb, look_up="agb") == [("practice", PRACTICE)]
    assert choices(by_id, look_up="id") == [("practice", PRACTICE)]
    assert choices(by_agb, look_up="id") == []


def test_somebody_without_a_lasting_name_is_nobody():
    mapping = MeaningOfClaims.model_validate({"roles": {}})

    assert read_subject(mapping, {"sub": "3f"}) == "oidc:3f"
    assert [read_subject(mapping, {"sub": one}) for one in ("", 3, None, "a\nb", "x" * 300)] == [""] * 5  # fmt: skip


def test_the_file_of_the_document_says_what_the_document_says(tmp_path: Path):
    file = tmp_path / "claims.toml"
    file.write_text(block("docs/sign-in.md", "huisartsenpost-zeist"))

    mapping = read_mapping(file)
    relations = read_relations(
        mapping, {"roles": ["ggd-crisis", "triagist"], "organization": {"ggd-utrecht": {}}}
    )

    assert find_choices(mapping, relations, {}) == [Choice("crisis", "GG2514", None)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[roles]\nx = 'koning'", "roles.x"),
        ("[roles]\n[organisations]\na = { regio = 'GG2514' }", "organisations.a"),
        ("[roles]\n[claim]\nroles = 'r'", "claim"),
        ("source = 'statement'\n[roles]", "statement"),
        (
            (
                "source = 'statement'\n[roles]\n[statement]\nissuers = ['i']\nkey_sets = ['https://a.nl/keys']\n"
                "levels = ['hoog']\nstatus = ['https://a.nl']"
            ),
            "statement.status.0",  # `https://a.nl.elsewhere.example/` begins so too
        ),
        ("no file at all", "cannot be read"),
    ],
)
def test_a_file_that_can_not_work_is_refused_by_the_name_of_what_is_wrong(
    tmp_path: Path, text: str, named: str
):
    file = tmp_path / "claims.toml"
    file.write_text(text)

    with pytest.raises(NotConfigured, match=named) as refused:
        read_mapping(file)

    assert "koning" not in str(refused.value)
