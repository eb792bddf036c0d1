"""Letters that another encoding made of others are seen; what people are called and write is not taken for it."""

import pytest

from services.importing.encoding import find_garbled

NAMES = [
    "René", "Zoë", "Çelik", "Özgür", "Müller", "François", "Crèche", "Daniël", "Éva", "Søren", "Agnès", "Núñez", "Coöperatie",
]  # fmt: skip
RIGHT = [
    *NAMES, "Ünal", "Groß", "Łukasz", "Şahin", "Y\u0131ld\u0131z", "Čapek", "Žižek", "Šimić", "Nguyễn", "Ågren", "İstanbul", "Œuvre", "IJsbrand",
    "\u2019t Hart", "d\u2019Ancona", "De \u201eLinde\u201d", "Café «Het Hoekje»", "50 € tegoed", "De Eik \u2013 Oost", "naïef\u2026",
    "\u201cDe Eik\u201d", "20 °C", "½ tablet", "ÉÉN",
]  # fmt: skip


@pytest.mark.parametrize("text", RIGHT)
def test_what_people_write_is_left_alone(text: str):
    assert find_garbled(text) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_code_page_850_that_is_read_as_windows_1252_is_seen(name: str):
    assert find_garbled(name.encode("cp850").decode("cp1252", errors="replace")) is not None


@pytest.mark.parametrize("name", [*NAMES, "Łukasz", "d\u2019Ancona", "De Eik \u2013 Oost"])
@pytest.mark.parametrize("page", ["cp1252", "latin-1", "cp850", "cp437", "mac_roman"])
def test_utf_8_that_was_read_as_something_else_is_seen(page: str, name: str):
    assert find_garbled(name.encode().decode(page, errors="replace")) is not None
