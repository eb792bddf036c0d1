"""Rows about persons: whom a practice registers, where they live, their consent and assessment."""

from collections.abc import Iterator, Mapping
from datetime import date
from uuid import UUID

from events.births import BirthDate
from events.details import (
    LONGEST_DETAIL,
    LONGEST_NAME,
    check_born,
    to_bsn,
    to_detail,
    to_family_name,
    to_name,
    to_postcode,
)
from events.envelope import Sender
from events.identifiers import LAST_DAY
from events.practice import (
    AssessmentRecorded,
    ConsentForm,
    ConsentRecorded,
    ConsentStatus,
    ConsentSubject,
    Giver,
    Judgement,
    PatientRegistered,
    SpecialNeed,
    is_old_enough,
)
from infra.likeness import PARTICLES
from infra.person import Description, Person, SaidBy, Speaker
from services.importing.cells import (
    to_birth,
    to_date,
    to_integer,
    to_text,
    to_word,
    to_words,
)
from services.importing.layout import (
    BadRow,
    Column,
    Context,
    Registration,
    Remark,
    Row,
    Table,
    Turned,
)
from services.importing.stamps import AS_OF, stamp
from services.importing.supply import DATE, to_indication
from services.sending import SenderEvent, make_event

NOBODY = UUID(int=0)
Answered = PatientRegistered | ConsentRecorded | AssessmentRecorded
STATUS: Mapping[str, ConsentStatus] = {
    "gegeven": ConsentStatus.GIVEN,
    "ja": ConsentStatus.GIVEN,
    "geweigerd": ConsentStatus.REFUSED,
    "nee": ConsentStatus.REFUSED,
    "ingetrokken": ConsentStatus.WITHDRAWN,
    "onbekend": ConsentStatus.UNKNOWN,
}
GIVERS: Mapping[str, Giver] = {
    "zelf": Giver.SELF,
    "gemachtigde": Giver.AUTHORISED,
    "partner": Giver.PARTNER,
    "ouder": Giver.PARENT,
    "kind": Giver.CHILD,
    "broer": Giver.SIBLING,
    "zus": Giver.SIBLING,
}
FORMS: Mapping[str, ConsentForm] = {
    "schriftelijk": ConsentForm.WRITTEN,
    "mondeling": ConsentForm.ORAL,
}
JUDGEMENTS: Mapping[str, Judgement] = {
    "geschikt": Judgement.ELIGIBLE,
    "onzeker": Judgement.UNCERTAIN,
    "uitgesloten": Judgement.EXCLUDED,
}
NEEDS: Mapping[str, SpecialNeed] = {
    "taal": SpecialNeed.LANGUAGE,
    "sedatie": SpecialNeed.SEDATION,
    "tweepersonen": SpecialNeed.TWO_PERSONS,
    "extratijd": SpecialNeed.LONG_SLOT,
    "prikangst": SpecialNeed.NEEDLE_FEAR,
}
to_need = to_word(SpecialNeed, NEEDS)


def to_needs(cell: str) -> frozenset[SpecialNeed]:
    """Needs with spaces or commas between them."""
    return frozenset(to_need(word) for word in to_words(cell))


def registration(row: Row, context: Context) -> Turned:
    """The person of a row, and the events that follow once the vault has given an id."""

    def to_events(person_id: UUID) -> list[SenderEvent]:
        when = stamp(row)
        return [
            make_event(Sender.PRACTICE, context.region, what, "import", when)
            for what in payloads_of(row, context, person_id)
        ]

    check_alone(row)
    check_birth(row, context)
    check_age(row, row.day("as_of") if row.has("as_of") else context.today)
    list(
        payloads_of(row, context, NOBODY)
    )  # validated now: a row that is refused must not register its person with the vault
    practice = context.id_of("organisation", row.text("practice"))
    speaker = Speaker(SaidBy.PRACTICE, practice, context.region)
    described = Description(person_of(row), speaker, stamp(row))
    made = Registration(row.file, row.number, described, to_events, row.line)
    return [made, *list_unused(row)]


def check_alone(row: Row) -> None:
    """BadRow for part of an assessment without a judgement: nobody would ever read it."""
    if row.has("judgement"):
        return
    alone = tuple(name for name in ("not_before", "observation_minutes") if row.has(name))
    if alone:
        raise BadRow(
            (*alone, "judgement"), "observation_minutes en not_before horen bij een judgement"
        )


def list_unused(row: Row) -> Iterator[Remark]:
    """Who answered, and how, without an answer."""
    if row.has("consent") or row.has("register_consent"):
        return
    alone = tuple(name for name in ("consent_by", "consent_form") if row.has(name))
    if alone:
        yield Remark(alone, f"{' en '.join(alone)} niet gebruikt: consent is leeg")


def check_birth(row: Row, context: Context) -> None:
    """BadRow for somebody who is not born yet, or so long ago that nobody lives who was."""
    try:
        check_born(born_of(row), context.today or LAST_DAY)
    except ValueError:
        raise BadRow(("birth_date",), "birth_date ligt in de toekomst of voor 1900") from None


def born_of(row: Row) -> BirthDate:
    """The required cell with the date of birth."""
    value = row.values["birth_date"]
    assert isinstance(value, BirthDate)
    return value


def check_age(row: Row, on: date | None) -> None:
    """BadRow when somebody is too young for an indication that is an age, on a day; None: that is not judged here.

    The door judges by the day on which the campaign begins, which a file of registrations does not say.
    """
    if on is None or not row.has("indication"):
        return
    if not is_old_enough(to_indication(row.text("indication")), born_of(row).year, on):
        raise BadRow(
            ("indication", "birth_date"),
            "deze indicatie past niet bij de geboortedatum: zo oud is deze persoon niet",
        )


def person_of(row: Row) -> Person:
    """Personal details, which go to the vault and nowhere else."""
    return Person(
        bsn=row.text("bsn") or None,
        given_name=row.text("given_name"),
        family_name=whole_family_name(row),
        birth_date=born_of(row),
        postcode=row.text("postcode"),
        house_number=whole_house_number(row),
        phone=row.text("phone"),
    )


def whole_house_number(row: Row) -> str:
    """The house number with its addition, which may have a column of its own: `12 bis`."""
    number, addition = row.text("house_number"), row.text("addition")
    whole = " ".join(part for part in (number, addition) if part)
    if len(whole) > LONGEST_DETAIL:
        raise BadRow(("addition", "house_number"), "huisnummer met toevoeging: hoogstens 20 tekens")
    return whole


def whole_family_name(row: Row) -> str:
    """The family name with its tussenvoegsel, which may stand before it, behind it (`Berg, van den`) or in its own column."""
    family, prefix = row.text("family_name"), row.text("prefix")
    name, comma, behind = family.partition(",")
    if (
        comma
        and behind.strip()
        and all(w.strip("'\u2019").casefold() in PARTICLES for w in behind.split())
    ):
        family = f"{behind.strip()} {name.strip()}"
    if prefix and not family.casefold().startswith(f"{prefix.casefold()} "):
        family = f"{prefix} {family}"
    if len(family) > LONGEST_NAME:
        raise BadRow(("prefix", "family_name"), "achternaam met tussenvoegsel: hoogstens 80 tekens")
    return family


def payloads_of(row: Row, context: Context, person_id: UUID) -> Iterator[Answered]:
    """patient.registered, and consent and assessment where their cells are filled."""
    who: dict[str, object] = {
        "person_id": person_id,
        "campaign_id": context.id_of("campaign", row.text("campaign")),
        "location_id": context.id_of("location", row.text("institution")),
        "practice_id": context.id_of("organisation", row.text("practice")),
    }
    yield PatientRegistered.model_validate(
        who | row.fields("indication", "needs") | {"birth_year": born_of(row).year}
    )
    for column, subject in (
        ("consent", ConsentSubject.TREATMENT),
        ("register_consent", ConsentSubject.REGISTER),
    ):
        if row.has(column):
            answer = row.fields(status=column, given_by="consent_by", form="consent_form")
            yield ConsentRecorded.model_validate(who | answer | {"subject": subject})
    if row.has("judgement"):
        judged = row.fields("judgement", "not_before", "observation_minutes")
        yield AssessmentRecorded.model_validate(who | judged)


REGISTRATIONS = Table(
    "registrations",
    "Wie een praktijk aanmeldt. Namen, BSN en adres gaan alleen naar de kluis; een bericht draagt een willekeurig nummer.",
    (
        Column("bsn", to_bsn, "een burgerservicenummer van 9 cijfers dat aan de elfproef voldoet",
               ("burgerservicenummer", "sofi", "sofinummer")),
        Column("given_name", to_name, "een voornaam of voorletters, hoogstens 80 tekens",
               ("voornaam", "voornamen", "roepnaam", "voorletters", "initialen"), required=True),
        Column("family_name", to_family_name, "een achternaam, hoogstens 80 tekens", ("achternaam", "familienaam", "naam", "geslachtsnaam"), required=True),
        Column("prefix", to_detail, "een tussenvoegsel, hoogstens 20 tekens", ("tussenvoegsel", "tussenvoegsels", "voorvoegsel")),
        Column("birth_date", to_birth, "een datum zoals 15-02-1931; onbekend is nul: 00-00-1950", ("geboortedatum", "gebdatum", "gebdat"), required=True),
        Column("postcode", to_postcode, "een postcode zoals 3511AB", ("pc",), required=True),
        Column("house_number", to_detail, "een huisnummer, hoogstens 20 tekens", ("huisnummer", "huisnr")),
        Column("addition", to_detail, "een toevoeging bij het huisnummer, hoogstens 20 tekens", ("toevoeging", "huisnummertoevoeging", "huisletter")),
        Column("phone", to_detail, "een telefoonnummer, hoogstens 20 tekens", ("telefoon", "tel")),
        Column("practice", to_text, "de sleutel van een praktijk", ("praktijk", "huisarts", "arts"), required=True, key_of="organisation"),
        Column("campaign", to_text, "de sleutel van een campagne", ("campagne",), required=True, key_of="campaign"),
        Column("institution", to_text, "de sleutel van een instelling", ("instelling", "locatie"), required=True, key_of="location"),
        Column("indication", to_indication, "age_90, age_80, medical, wlz of other", ("indicatie",)),
        Column("needs", to_needs,
               "een lijst van language, sedation, two_persons, long_slot, needle_fear", ("bijzonderheden",)),
        Column("consent", to_word(ConsentStatus, STATUS),
               "given, refused, withdrawn of unknown (gegeven, geweigerd, ingetrokken, onbekend)",
               ("toestemming",)),
        Column("consent_by", to_word(Giver, GIVERS),
               "self, authorised, curator, mentor, partner, parent, child of sibling", ("toestemmingdoor",)),
        Column("consent_form", to_word(ConsentForm, FORMS), "written of oral", ("toestemmingvorm",)),
        Column("register_consent", to_word(ConsentStatus, STATUS),
               "given, refused, withdrawn of unknown", ("toestemmingcims", "cims")),
        Column("judgement", to_word(Judgement, JUDGEMENTS),
               "eligible, uncertain, excluded of triage", ("beoordeling",)),
        Column("not_before", to_date, DATE, ("nietvoor",)),
        Column("observation_minutes", to_integer, "een aantal minuten", ("nazit",)),
        AS_OF,
    ),
    registration,
    {"location_id": "institution", "practice_id": "practice", "birth_year": "birth_date"},
)  # fmt: skip
