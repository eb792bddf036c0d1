"""What anybody may make the service do before it is known who asks; against a real server on a real port."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from time import monotonic

import httpx2
import psutil
import pytest

from infra import tokens
from infra.postgres.database import Who
from services.web import serving
from services.web.app import build
from services.web.bounds import Bounds
from services.web.limits import check_shape, name_of
from services.web.parts import Parts
from services.web.refusing import Refused
from services.web.serving import make_server
from tests.services.web.conftest import KEY, Site

pytestmark = pytest.mark.postgres
MEGABYTE = 1_048_576
JSON = {"content-type": "application/json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Served:
    """A site on a port of this machine."""

    port: int
    site: Site

    def client(self, who: Who | None = None, host: str = "") -> httpx2.AsyncClient:
        headers = {"host": host} if host else {}
        if who is not None:
            headers["authorization"] = f"Bearer {tokens.mint(KEY, who)}"
        return httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", headers=headers, trust_env=False, timeout=60
        )

    async def say(self, text: bytes, seconds: float = 20) -> bytes:
        """What the server answers to these bytes, until it closes; empty when it only closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(text)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), seconds)
        finally:
            writer.close()


@asynccontextmanager
async def serving_on(site: Site, parts: Parts) -> AsyncIterator[Served]:
    server = make_server(build(parts), "127.0.0.1", 0)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Served(server.servers[0].sockets[0].getsockname()[1], site)
    server.should_exit = True
    await running


@pytest.fixture
async def served(site: Site) -> AsyncIterator[Served]:
    async with serving_on(site, site.parts) as made:
        yield made


def brackets(megabytes: int) -> Iterator[bytes]:
    yield b"["
    for _ in range(megabytes):
        yield b"[]," * (MEGABYTE // 3)
    yield b"[]]"


async def send_pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def watch_others(served: Served, done: asyncio.Event) -> float:
    """The longest that anybody else waited meanwhile, in seconds."""
    longest = 0.0
    async with served.client() as client:
        while not done.is_set():
            began = monotonic()
            await client.get("/healthz")
            longest = max(longest, monotonic() - began)
            await asyncio.sleep(0.02)
    return longest


@pytest.mark.parametrize("path", ["/api/v1/persons", "/api/v1/events", "/praktijk/aanmelden"])
async def test_sixty_megabytes_of_nobody_cost_no_memory_and_hold_nobody_up(
    served: Served, path: str
):
    done = asyncio.Event()
    watching = asyncio.create_task(watch_others(served, done))
    before = psutil.Process().memory_info().rss

    async with served.client() as client:
        answer = await client.post(path, content=send_pieces(brackets(60)), headers=JSON)
    grown = psutil.Process().memory_info().rss - before
    done.set()

    assert answer.status_code == 401
    assert grown < 60 * MEGABYTE, grown
    assert await watching < 2


@pytest.mark.parametrize("path", ["/aanmelden", "/aanmelden/code"])
async def test_the_forms_of_nobody_are_as_small_as_they_need_to_be(served: Served, path: str):
    async with served.client() as client:
        declared = await client.post(path, content=b"role=" + b"x" * 100_000, headers=FORM)
        endless = await client.post(path, content=send_pieces(brackets(1)), headers=FORM)

    assert declared.status_code == endless.status_code == 413
    assert "Dit is te groot" in declared.text


async def test_a_body_of_nested_lists_or_of_many_parts_is_refused_before_it_is_read(served: Served):
    who = served.site.who("practice")
    deep = b"[" * 5_000 + b"]" * 5_000
    many = b"".join(brackets(3))

    async with served.client(who) as client:
        answers = [
            await client.post("/api/v1/persons", content=deep, headers=JSON),
            await client.post("/api/v1/persons", content=many, headers=JSON),
            await client.post("/api/v1/events", content=many, headers=BATCH),
            await client.post("/api/v1/events", content=send_pieces(brackets(20)), headers=BATCH),
        ]

    assert [answer.status_code for answer in answers] == [413] * 4
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert answers[0].json()["type"].endswith(":too_complex")
    assert answers[3].json()["type"].endswith(":too_large")


def test_brackets_within_strings_are_no_nesting_and_a_string_without_end_is_read_once():
    bounds = Bounds()
    check_shape(
        json.dumps(["[" * 1_000, '\\"[' * 500, {"a": "}" * 9}]).encode(), bounds, form=False
    )
    began = monotonic()

    check_shape(b'"' + b'\\"' * 390_000, bounds, form=False)
    check_shape(b'"a' * 390_001, bounds, form=False)

    assert monotonic() - began < 1
    for refused in (b'{"a":' * 33 + b"1" + b"}" * 33, b'""' * 4_000_000, b'"\\"' * 2_000_000):
        with pytest.raises(Refused):
            check_shape(refused, bounds, form=False)
    assert monotonic() - began < 1


async def test_a_form_with_thousands_of_fields_or_with_files_is_refused(served: Served):
    async with served.client(served.site.who("practice")) as client:
        fields = await client.post("/praktijk/aanmelden", content=b"a&" * 2_000, headers=FORM)
        files = await client.post("/praktijk/aanmelden", files={"bsn": b"1"})
        query = await client.get("/praktijk?" + "a&" * 2_000)
        address = await client.get("/praktijk?a=" + "a" * 9_000)

    assert [one.status_code for one in (fields, files, query, address)] == [413, 415, 414, 414]


async def test_bodies_together_take_no_more_than_their_share(site: Site):
    bounds = Bounds(held_bytes=MEGABYTE)
    async with serving_on(site, replace(site.parts, bounds=bounds)) as served:
        who = site.who("practice")
        arrived = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b"[" + b" " * (900 * 1024)
            await arrived.wait()
            yield b"]"

        async with served.client(who) as first, served.client(who) as second:
            waiting = asyncio.create_task(
                first.post("/api/v1/events", content=slow(), headers=BATCH)
            )
            await asyncio.sleep(0.5)
            refused = await second.post("/api/v1/events", content=b" " * 200_000, headers=BATCH)
            arrived.set()
            done = await waiting
            after = await second.post("/api/v1/events", content=b" " * 200_000, headers=BATCH)

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "5"
    assert (done.status_code, after.status_code) == (400, 400)


async def test_a_body_that_drips_in_is_ended_and_its_sender_is_told(site: Site):
    token = tokens.mint(KEY, site.who("practice"))
    head = (
        f"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/cloudevents-batch+json\r\n"
    )
    async with serving_on(site, replace(site.parts, bounds=Bounds(body_seconds=0.5))) as served:
        declared = await served.say(f"{head}Content-Length: 1000\r\n\r\n[".encode())
        chunked = await served.say(f"{head}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n".encode())

    assert b" 408 " in declared.splitlines()[0]
    assert b" 408 " in chunked.splitlines()[0]


async def test_headers_that_do_not_come_end_the_connection(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(serving, "HEADER_SECONDS", 0.5)
    async with serving_on(site, site.parts) as served:
        silent = await served.say(b"", 5)
        halfway = await served.say(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ", 5)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered = await reader.readuntil(b"ok\n")
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        after_one = await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert (silent, halfway, after_one) == (b"", b"", b"")
    assert answered.startswith(b"HTTP/1.1 200")


class Asleep:
    """A pool that answers when nobody waits any more."""

    @asynccontextmanager
    async def reading(self, *_who: object) -> AsyncIterator[None]:
        await asyncio.sleep(30)
        yield

    statement = reading


async def test_who_waits_too_long_is_told_so_with_a_code_that_is_in_the_log(
    site: Site, caplog: pytest.LogCaptureFixture
):
    parts = replace(site.parts, reader=Asleep(), bounds=Bounds(answer_seconds=0.3))  # type: ignore[arg-type]
    async with serving_on(site, parts) as served, served.client(site.who("planner")) as client:
        page = await client.get("/planning/doses")
        problem = await client.get("/api/v1/plan")

    assert (page.status_code, problem.status_code) == (503, 503)
    assert "duurde te lang" in page.text
    assert problem.json()["type"].endswith(":timed_out")
    logged = {getattr(record, "code", None) for record in caplog.records}
    assert problem.json()["code"] in logged
    assert any(code and code in page.text for code in logged)


async def test_a_stream_goes_on_after_the_time_in_which_it_had_to_begin(site: Site):
    parts = replace(site.parts, bounds=Bounds(answer_seconds=0.3))
    heard = b""
    async with serving_on(site, parts) as served, served.client(site.who("crisis")) as client:
        with suppress(httpx2.ReadTimeout):
            async with client.stream("GET", "/events", timeout=6.5) as stream:
                async for piece in stream.aiter_raw():
                    heard += piece
                    if b"tick" in heard:
                        break

    assert b"event: tick" in heard


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "site.test.evil.test", "", "[::2]:80"])  # fmt: skip
async def test_a_name_that_is_not_ours_is_told_which_setting_knows_it(served: Served, host: str):
    text = f"GET /aanmelden HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"

    answer = (await served.say(text.encode())).decode()

    assert " 421 " in answer.splitlines()[0]
    assert "WEB_HOSTS" in answer
    assert "evil" not in answer


async def test_our_own_names_and_this_machine_are_known_and_a_probe_needs_no_name(served: Served):
    for host in (
        "site.test",
        "SITE.TEST:8080",
        "site.test.",
        "localhost:1",
        "127.0.0.1",
        "[::1]:9",
    ):
        async with served.client(host=host) as client:
            assert (await client.get("/aanmelden")).status_code == 200, host
    async with served.client(host="10.4.3.2:8080") as client:
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/status")).status_code == 421


def test_the_name_of_a_host_is_read_without_its_port():
    assert [name_of(one) for one in ("A.nl:80", "[::1]:80", "a.nl.", "a")] == [
        "a.nl",
        "::1",
        "a.nl",
        "a",
    ]


def test_tokens_that_are_not_ours_are_not_kept():
    kept = tokens._signed.cache_info().currsize

    for number in range(50):
        assert tokens.read(KEY, f"forged-{number}") is None
    assert tokens.read(KEY, "x" * 1_000_000) is None

    assert tokens._signed.cache_info().currsize == kept
