"""A provider that can not work is refused before anybody signs in, by the name of the setting."""

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OctKey

from infra.errors import NotConfigured
from infra.oidc.provider import Provider
from infra.settings import Kafka, Postgres, Run, Settings, SignIn, Vault, Web
from services.web.app import find_provider
from tests.documents import a_shell, block, typed

GOOD = {"issuer": "https://login.example/x", "address": "https://p.example", "mapping_file": "x"}
SHOW = """

from infra.settings import Settings
settings = Settings.read().sign_in
print(settings.issuer, settings.scopes, settings.address, settings.mapping_file)
"""


def test_a_good_provider_asks_nothing_when_it_is_set_up():
    assert Provider.of(SignIn.model_validate(GOOD)).callback == "https://p.example/aanmelden/terug"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"issuer": "http://login.example/x"}, "OIDC_ISSUER"),
        ({"issuer": "login.example"}, "OIDC_ISSUER"),
        ({"address": ""}, "WEB_ADDRESS"),
        ({"address": "http://p.example"}, "WEB_ADDRESS"),
        ({"mapping_file": None}, "OIDC_MAPPING_FILE"),
        ({"audience": "prikploeg-web"}, "OIDC_AUDIENCE"),
        ({"algorithms": "ES256,HS256"}, "OIDC_ALGORITHMS"),
        ({"algorithms": "none"}, "OIDC_ALGORITHMS"),
        ({"key_file": "/nowhere/key.jwk"}, "nowhere"),
    ],
)
def test_what_can_not_work_is_refused_by_the_name_of_the_setting(
    change: dict[str, object], named: str
):
    with pytest.raises(Exception, match=named):
        Provider.of(SignIn.model_validate(GOOD | change))


def test_a_shared_secret_or_the_public_half_is_no_key_of_a_client(tmp_path: Path):
    secret = OctKey.generate_key(256).as_dict(private=True)
    public = ECKey.generate_key("P-256").as_dict(private=False)
    file = tmp_path / "key.jwk"

    for wrong in (secret, public, {"kty": "EC"}):
        file.write_text(json.dumps(wrong))
        with pytest.raises(NotConfigured, match="OIDC_KEY_FILE"):
            Provider.of(SignIn.model_validate(GOOD | {"key_file": file}))


@pytest.mark.parametrize(
    ("url", "issuer", "named"),
    [
        ("postgresql://db.example:5432/prikploeg", "", "not embedded"),
        ("postgresql://127.0.0.1:5432/prikploeg", "https://login.example/x", "beside OIDC_ISSUER"),
    ],
)
def test_demo_users_are_for_the_embedded_servers_alone(
    url: str, issuer: str, named: str, settings_of
):
    with pytest.raises(NotConfigured, match=named):
        find_provider(settings_of(url, issuer), None, None, b"")  # type: ignore[arg-type]


@pytest.fixture
def settings_of():
    def make(url: str, issuer: str) -> Settings:
        return Settings(
            postgres=Postgres(url=url),
            kafka=Kafka(),
            web=Web(),
            sign_in=SignIn.model_validate(GOOD | {"issuer": issuer}),
            vault=Vault(),
            run=Run(embedded=True),
        )

    return make


async def test_the_settings_of_the_document_are_read():
    block_of_settings = block("docs/sign-in.md", "OIDC_SCOPES=")

    said = await typed(f"set -a\n{block_of_settings}\npython -c '{SHOW}'", a_shell())

    assert said.split() == [
        "https://login.example.nl/realms/prikploeg",
        "openid",
        "organization:*",
        "https://prikploeg.example.nl",
        "/etc/prikploeg/claims.toml",
    ]
