"""Invents Dutch names for institutions, practices, teams and people; any resemblance is chance."""

from collections.abc import Iterator
from random import Random

ADJECTIVES = (
    "Blauwe", "Bonte", "Brede", "Frisse", "Gele", "Gouden", "Grote", "Groene", "Hoge", "Houten", "Jonge",
    "Koele", "Korte", "Kromme", "Lange", "Lichte", "Lome", "Milde", "Nieuwe", "Oude", "Rode", "Ronde", "Ruige",
    "Stille", "Stoere", "Trotse", "Verre", "Vlugge", "Vrije", "Warme", "Wakkere", "Wijde", "Wilde", "Zachte",
    "Zilveren", "Zoete", "Zonnige", "Zuivere",
)  # fmt: skip
HOUSE_NOUNS = (
    "Appelgaard", "Beukenlaan", "Boerderij", "Bongerd", "Boomgaard", "Brink", "Bron", "Deel", "Dijkhoeve",
    "Eik", "Esdoorn", "Fontein", "Haard", "Hazelaar", "Heem", "Hoeve", "Hofstee", "Kamille", "Kastanje",
    "Klaver", "Korenaar", "Kruidentuin", "Leilinde", "Linde", "Lisdodde", "Meander", "Moestuin", "Notenboom",
    "Oever", "Olm", "Perelaar", "Populier", "Rietkraag", "Schakel", "Schuur", "Sluis", "Steiger", "Tuin",
    "Veranda", "Vlier", "Vlonder", "Wei", "Wilg", "Zonnebloem",
)  # fmt: skip
PRACTICE_NOUNS = (
    "Aalscholver", "Bever", "Bosuil", "Distelvink", "Egel", "Fuut", "Grutto", "Hermelijn", "IJsvogel",
    "Karekiet", "Kievit", "Kwikstaart", "Leeuwerik", "Lepelaar", "Libel", "Meerkoet", "Otter", "Pimpelmees",
    "Ransuil", "Reiger", "Roerdomp", "Salamander", "Spreeuw", "Tureluur", "Waterhoen", "Wulp", "Zwaluw",
)  # fmt: skip
TEAMS = ("Vecht", "Stad", "Weide", "Lek", "Zeist", "Heuvelrug", "Eem", "Vallei")
OTHER_TEAMS = ("Brug", "Dijk", "Duin", "Haven", "Heide", "Kade", "Polder", "Ven", "Water", "Wiel")
GIVEN_OLD = (
    "Aagje", "Adriana", "Albertus", "Antonia", "Arie", "Berendina", "Catharina", "Cornelis", "Dirkje", "Elisabeth",
    "Engelbert", "Francina", "Geertruida", "Gerrit", "Grietje", "Hendrika", "Hermanus", "Jacoba", "Jannigje",
    "Johanna", "Johannes", "Klaas", "Leendert", "Maria", "Neeltje", "Petronella", "Pieter", "Roelof", "Sijtje",
    "Theodorus", "Trijntje", "Wilhelmina", "Willem", "Wouter",
)  # fmt: skip
GIVEN_YOUNG = (
    "Anouk", "Arjan", "Bart", "Carla", "Chantal", "Dennis", "Ellen", "Erik", "Esther", "Frank", "Hans", "Ilse",
    "Jeroen", "Karin", "Linda", "Marco", "Marloes", "Mirjam", "Monique", "Niels", "Patrick", "Rob", "Sandra",
    "Sjoerd", "Tamara", "Thijs", "Wendy", "Yvonne",
)  # fmt: skip
FAMILY_FRONT = (
    "Boter", "Braam", "Distel", "Doorn", "Eike", "Elzen", "Esse", "Ganze", "Gras", "Haver", "Heide", "Iepen",
    "Kers", "Klaver", "Koren", "Leeuwer", "Linde", "Mees", "Mos", "Netel", "Olmen", "Peren", "Riet", "Rogge",
    "Sleedoorn", "Spar", "Stekel", "Tarwe", "Varen", "Vlas", "Water", "Wikke", "Wilgen", "Zegge",
)  # fmt: skip
FAMILY_END = (
    "berg", "brink", "broek", "dam", "dijk", "hof", "horst", "huis", "kamp", "kade", "laar", "land", "mars",
    "oord", "rade", "ring", "stra", "tuin", "veen", "veld", "waard", "wold", "zicht", "zoom",
)  # fmt: skip
PREFIXES = ("", "", "", "", "van ", "van der ", "de ", "van 't ")


def unique_names(rng: Random, nouns: tuple[str, ...], before: str = "") -> Iterator[str]:
    """`De Stille Bongerd`, `De Gouden Wilg`, ... each once; numbered when the words are used up."""
    pairs = [f"{before}De {adjective} {noun}" for adjective in ADJECTIVES for noun in nouns]
    rng.shuffle(pairs)
    yield from pairs
    n = 2
    while True:
        yield from (f"{pair} {n}" for pair in pairs)
        n += 1


def team_names(count: int) -> list[str]:
    """As many team names as there are teams; the eight of the demo region first."""
    words = [*TEAMS, *OTHER_TEAMS]
    return [words[n] if n < len(words) else f"Ploeg {n + 1}" for n in range(count)]


def given_name(rng: Random, age: int) -> str:
    """A first name that fits the age."""
    return rng.choice(GIVEN_OLD if age >= 65 else GIVEN_YOUNG)


def family_name(rng: Random) -> str:
    """Invents a family name, such as `van der Rietzoom`."""
    name = rng.choice(FAMILY_FRONT) + rng.choice(FAMILY_END)
    return rng.choice(PREFIXES) + name
