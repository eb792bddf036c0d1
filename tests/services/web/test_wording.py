"""Every text exists in both languages, and every key that a page uses exists."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from events.practice import Giver, Indication, SpecialNeed
from events.visits import NotGiven, WasteReason
from services.web import wording as words
from services.web.moments import day_heading
from services.web.pages.quarantine import list_reason_keys as refusal_keys
from services.web.pages.registering import GIVERS
from services.web.standing import ENDS, TONES
from services.web.wording import LANGUAGES, Wording, choose_language, list_reason_keys, read_words

WEB = Path(__file__).resolve().parents[3] / "services" / "web"


def test_every_text_is_there_in_every_language():
    for key, texts in read_words().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key


def test_the_languages_fill_in_the_same_values():
    for key, texts in read_words().items():
        names = [
            {name for _, name, _, _ in Formatter().parse(text) if name} for text in texts.values()
        ]
        assert names[0] == names[1], key


def test_every_reason_of_a_plan_has_a_sentence_and_a_remedy():
    assert set(list_reason_keys()) <= set(read_words())
    known = {key for key in read_words() if key.startswith(("reason.", "remedy."))}
    assert known == set(list_reason_keys())


def test_every_reason_of_the_quarantine_has_a_name_and_a_remedy():
    known = {key for key in read_words() if key.startswith(("refusal.", "repair."))}
    assert known == set(refusal_keys())


def test_every_choice_of_the_form_and_every_state_has_a_word():
    wanted = {f"giver.{one.value}" for one in GIVERS}
    wanted |= {f"indication.{one.value}" for one in Indication}
    wanted |= {f"need.{one.value}" for one in SpecialNeed}
    wanted |= {f"waste.{one.value}" for one in WasteReason}
    wanted |= {f"why.{one.value}" for one in NotGiven}
    wanted |= {f"state.{state}" for state in TONES}

    assert wanted <= set(read_words())
    assert {NotGiven(one) for one in ENDS}
    assert Giver.SELF not in GIVERS


def test_every_key_in_templates_and_code_exists():
    used = set()
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        used |= set(
            re.findall(r'\bt\(\s*["\']([a-z_]+(?:\.[a-z0-9_-]+)*)["\']\s*[,)]', path.read_text())
        )
    counted = set()
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        counted |= set(
            re.findall(r'\.count\(\s*["\']([a-z_]+(?:\.[a-z0-9_-]+)*)["\']\s*,', path.read_text())
        )

    assert len(used) > 100
    assert used <= set(read_words())
    assert {f"{key}.{n}" for key in counted for n in ("one", "many")} <= set(read_words())


@pytest.mark.parametrize(
    ("wanted", "expected"), [(None, "nl"), ("en", "en"), ("EN ", "en"), ("nl", "nl"), ("xx", "nl")]
)
def test_the_language_is_the_chosen_one_else_dutch(wanted, expected):
    assert choose_language(wanted) == expected


def test_numbers_are_written_as_the_language_does():
    assert Wording("nl").number(1234.5, 1) == "1.234,5"
    assert Wording("en").number(1234.5, 1) == "1,234.5"
    assert Wording("nl").number(None) == "<5"


def test_one_and_many_are_told_apart():
    t = Wording("nl")

    assert t.count("people", 1) == "1 mens"
    assert t.count("people", 2) == "2 mensen"
    assert t.count("people", None) == "<5 mensen"


def test_no_word_is_said_twice():
    """JSON keeps the last of two equal keys in silence: a form once showed the answer of an institution."""
    text = (WEB / "words.json").read_text(encoding="utf-8")

    keys = [key for key, _ in json.loads(text, object_pairs_hook=list)]

    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_no_page_takes_the_capitals_of_other_words_away():
    """Jinja's `capitalize` makes `Monday 22 february` of an English date."""
    folder = Path(words.__file__).parent / "templates"
    assert not [one.name for one in folder.rglob("*.html") if "|capitalize" in one.read_text()]


@pytest.mark.parametrize(
    ("language", "shown"), [("nl", "Maandag 22 februari"), ("en", "Monday 22 February")]
)
def test_a_day_as_a_heading_is_spelt_as_its_language_does(language: str, shown: str):
    assert day_heading(date(2021, 2, 22), Wording(language)) == shown
