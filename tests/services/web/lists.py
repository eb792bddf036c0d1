"""Lists as a practice hands them over in tests, and the four steps as its browser takes them."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx2

from infra.postgres.database import Who
from tests.services.web.conftest import Site

PLACE = "Eemzicht GG2514, Amersfoort (3511)"
HEADER = (
    "BSN",
    "Voornaam",
    "Achternaam",
    "Geboortedatum",
    "Postcode",
    "Huisnummer",
    "Telefoon",
    "Toestemming",
)
KEPT_ONLY = {
    "/praktijk/lijst": "kept sealed for an hour; nobody is registered",
    "/praktijk/lijst/{upload}/kolommen": "kept with it",
    "/praktijk/lijst/{upload}/weg": "throws away what was kept",
}
NONE = {"new": 0, "changed": 0, "known": 0, "doubtful": 0, "wrong": 0}
KINDS = ("new", "changed", "known", "doubtful", "wrong")


def a_bsn(number: int) -> str:
    """The nine digits of a number below 4,500,000, of those that are given to nobody."""
    for base in range(99_000_000 + 2 * number % 900_000, 99_999_999):
        digits = f"{base:08}"
        rest = sum(int(d) * w for d, w in zip(digits, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            return f"{digits}{rest}"
    raise AssertionError(number)


def a_row(number: int, **changed: str) -> dict[str, str]:
    """A patient by the names of the columns, nobody else's."""
    family = "Kwikstaart" + "".join("abcdefghij"[int(digit)] for digit in str(number))
    return {
        "BSN": a_bsn(number),
        "Voornaam": "Greet",
        "Achternaam": family,
        "Geboortedatum": f"{number % 28 + 1:02}-03-{1930 + number % 20}",
        "Postcode": "3511AB",
        "Huisnummer": str(number % 90 + 1),
        "Telefoon": f"030 555 {number % 10_000:04}",
        "Toestemming": "ja",
        **changed,
    }


def as_csv(rows: Sequence[Mapping[str, str]], header: Sequence[str] = HEADER) -> bytes:
    """The rows as a HIS writes them."""
    lines = [";".join(header), *(";".join(row.get(name, "") for name in header) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


@dataclass
class Browser:
    """A practice that takes the steps."""

    site: Site
    who: Who
    at: str = ""  # the address of its list

    async def get(self, address: str) -> httpx2.Response:
        async with self.site.client(self.who) as client:
            return await client.get(address)

    async def post(self, address: str, **fields: object) -> httpx2.Response:
        async with self.site.client(self.who) as client:
            return await client.post(address, data={"proof": self.site.proof(self.who), **fields})

    async def hand_over(self, raw: bytes, name: str = "lijst.csv") -> httpx2.Response:
        """Step 1."""
        async with self.site.client(self.who) as client:
            answer = await client.post(
                "/praktijk/lijst",
                data={"proof": self.site.proof(self.who)},
                files={"bestand": (name, raw)},
            )
        self.at = answer.headers.get("location", "")
        return answer

    async def choose(self, **changed: object) -> httpx2.Response:
        """Step 2, with the columns as the page proposes them."""
        page = (await self.get(self.at)).text
        columns = [
            found[1] if (found := re.search(r'<option value="(\w+)" selected', select)) else ""
            for select in re.findall(r'<select[^>]*name="kolommen">.*?</select>', page, re.DOTALL)
        ]
        head = "nee" if re.search(r'value="nee" id="kop-nee" checked', page) else "ja"
        fields: dict[str, object] = {"kop": head, "instelling": PLACE, "kolommen": columns}
        return await self.post(f"{self.at}/kolommen", **fields | changed)

    async def wait(self, address: str) -> httpx2.Response:
        """A page that says how far it is until it says what came of it."""
        for _ in range(120):
            answer = await self.get(address)
            if answer.status_code == 303:
                address = answer.headers["location"]
            elif "refresh" not in answer.headers:
                return answer
        raise AssertionError("never ready")

    async def check(self) -> dict[str, int]:
        """Step 3: how many rows come to what."""
        return counts((await self.wait(f"{self.at}/controle")).text)

    async def store(self, **fields: str) -> dict[str, int]:
        """Step 4: what came of them."""
        answer = await self.post(f"{self.at}/opslaan", **fields)
        return counts((await self.wait(answer.headers["location"])).text)

    async def all_steps(
        self, raw: bytes, name: str = "lijst.csv"
    ) -> tuple[dict[str, int], dict[str, int]]:
        """What the dry run promised, and what the storing did."""
        assert (await self.hand_over(raw, name)).status_code == 303
        assert (await self.choose()).status_code == 303
        return await self.check(), await self.store()


def counts(page: str) -> dict[str, int]:
    """The numbers on a page."""
    return {
        kind: int(found[1].replace(".", ""))
        for kind in KINDS
        if (found := re.search(rf'class="tally-{kind}"[^>]*><b>([\d.]+)</b>', page))
    }


async def dump(site: Site) -> dict[str, int]:
    """How many rows each table holds, but for the list itself and what is counted of sessions."""
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        names = [
            row[0]
            for row in await tx.fetch(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
        ]
        return {
            name: await tx.fetchval(f'SELECT count(*) FROM "{name}"')
            for name in names
            if name not in ("uploads", "upload_columns", "sessions")
        }


async def a_list_to_store(site: Site) -> Callable[[], Awaitable[tuple[Who, httpx2.Response]]]:
    """The last step of a list that was looked at."""
    browser = Browser(site, site.who("practice", number=1))
    await browser.hand_over(as_csv([a_row(1)]))
    await browser.choose()
    await browser.check()

    async def act() -> tuple[Who, httpx2.Response]:
        answer = await browser.post(f"{browser.at}/opslaan")
        await browser.wait(answer.headers["location"])
        return browser.who, answer

    return act


def practice(site: Site, number: int = 0) -> Browser:
    return Browser(site, site.who("practice", number=number))


async def said_by_pages(site: Site) -> list[dict[str, object]]:
    """What lists and pages said, in order."""
    owner = await site.fresh.open("owner", 1)
    async with owner.transaction() as tx:
        rows = await tx.fetch(
            "SELECT type, body::text FROM ledger WHERE source LIKE '%:web' ORDER BY region, seq"
        )
    return [{"type": row[0], **json.loads(row[1])} for row in rows]
