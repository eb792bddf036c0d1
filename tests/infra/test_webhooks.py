"""Signing, judging answers, and where a webhook may never go."""

import asyncio
import socket
from datetime import UTC, datetime

import pytest

from infra.errors import NotConfigured
from infra.webhooks import (
    Post,
    Verdict,
    check_address,
    is_public,
    judge,
    new_secret,
    seconds_to_wait,
    signature,
)

NOW = datetime(2021, 2, 15, 5, 0, tzinfo=UTC)


def test_the_signature_is_that_of_the_standards_own_example():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_secret_is_another_one():
    assert new_secret() != new_secret()
    assert new_secret().startswith("whsec_")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "fec0::1", "::7f00:1",
        "not an address",
    ],
)  # fmt: skip
def test_an_internal_address_is_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_an_address_of_the_internet_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.nl/x", "ftp://example.nl", "https://", "https://user:secret@example.nl/", "https://example.nl/#x",
        "https://127.0.0.1/", "https://[::1]/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "example.nl",
        "https://127.0.0.1./", "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "https://127\u30020\u30020\u30021/",
        "https://\uff11\uff12\uff17.0.0.1/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_refused(url: str):
    with pytest.raises(NotConfigured):
        check_address(url, plain=False, internal=False)


def test_a_safe_address_is_taken():
    check_address("https://example.nl/hook?x=1", plain=False, internal=False)
    check_address("http://127.0.0.1:1/hook", plain=True, internal=True)


@pytest.mark.parametrize("host", ["localhost", "ip6-localhost", socket.gethostname(), "127.0.0.1"])
async def test_a_name_that_leads_inside_is_not_connected_to(host: str):
    reached = []
    server = await asyncio.start_server(
        lambda _, writer: (reached.append(1), writer.close()), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]

    async with Post(plain=True, internal=False) as post:
        answer = await post.send(f"http://{host}:{port}/", new_secret(), "msg_1", b"{}", NOW)

    server.close()
    assert answer.verdict is Verdict.LATER
    assert "internal" in answer.why or answer.why == "ClientConnectorDNSError"
    assert reached == []


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED), (204, Verdict.DELIVERED), (301, Verdict.LATER), (400, Verdict.REFUSED), (401, Verdict.LATER),
        (404, Verdict.LATER), (410, Verdict.GONE), (422, Verdict.REFUSED), (429, Verdict.LATER), (500, Verdict.LATER),
    ],
)  # fmt: skip
def test_what_a_status_means(status: int, verdict: Verdict):
    assert judge(status, {}, NOW).verdict is verdict


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0), (" 7 ", 7.0), ("Mon, 15 Feb 2021 05:01:00 GMT", 60.0), ("Mon, 15 Feb 2021 04:00:00 GMT", 0.0),
        ("", None), ("soon", None), ("-5", None), ("²", None),
    ],
)  # fmt: skip
def test_what_a_receiver_asks_to_wait(text: str, seconds: float | None):
    assert seconds_to_wait(text, NOW) == seconds
