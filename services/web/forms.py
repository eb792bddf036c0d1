"""The forms of our pages: which fields each has, how long they may be, and what is said of those that do not fit."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from fastapi import Request
from pydantic import Field, StringConstraints, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from events.details import find_lost
from events.identifiers import Payload
from infra import tokens
from infra.postgres.database import Who
from services.web.access import Forbidden
from services.web.parts import get_parts
from services.web.refusing import FIELDS, Refused

LONGEST: Final = 2_000  # characters of a field; the longest that any fact takes has 280
MOST_PASTED: Final = 8 * 1_048_576  # bytes of a text that was pasted; a file may be larger
# What no database keeps. Whether another control character fits says the field itself, beside what was typed.
UNREADABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
PROOF: Final = "proof"
# Of an address: a word of ours, an identifier, a number in the ledger or the quarantine.
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Said = TypeVar("Said", bound=Payload)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form of ours, each a text that can be stored and shown."""

    fields: Mapping[str, list[str]]

    def get(self, name: str) -> str:
        """What stands in a field; empty when it was not sent."""
        return (self.fields[name] or [""])[-1]

    def get_all(self, name: str) -> list[str]:
        """Everything that was ticked under one name."""
        return self.fields[name]

    @property
    def values(self) -> dict[str, str]:
        """The fields that were sent, the last where one was sent twice."""
        return {name: found[-1] for name, found in self.fields.items() if found}


def takes(*names: str, checked: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Say which fields the form of a route has, beside its proof: others are not looked at.

    `checked`: the route checks each character itself, and shows what is wrong beside the field.
    """

    def note(endpoint: Endpoint) -> Endpoint:
        endpoint.takes, endpoint.checked = names, checked  # type: ignore[attr-defined]  # read below, and by the test that sends each its worst
        return endpoint

    return note


async def read_signed_form(request: Request, who: Who) -> Form:
    """Read the form of this route; Forbidden without the proof that our page put in it (CSRF), Refused by field."""
    given = await request.form()
    proof = given.get(PROOF)
    key, session = get_parts(request).session_key, request.state.session
    if not isinstance(proof, str) or not tokens.proves(key, who, session, proof):
        raise Forbidden("forbidden.form")
    endpoint = request.scope["endpoint"]
    return read_fields(given, endpoint.takes, checked=endpoint.checked)


async def read_signed_list(request: Request, who: Who) -> tuple[str, bytes]:
    """Read the form with a list: a file, or a text that was pasted; its name and bytes. Forbidden without our proof.

    All of it stays in memory: Starlette would write a file of more than a megabyte to disk, names in plain text.
    """
    given = await parse_list(request)
    try:
        proof = given.get(PROOF)
        key, session = get_parts(request).session_key, request.state.session
        if not isinstance(proof, str) or not tokens.proves(key, who, session, proof):
            raise Forbidden("forbidden.form")
        file, text = given.get("bestand"), given.get("tekst")
        if isinstance(file, UploadFile) and file.size:
            return file.filename or "", await file.read()
        return "", text.strip("\r\n").encode("utf-8", "replace") if isinstance(text, str) else b""
    finally:
        await given.close()


async def parse_list(request: Request) -> FormData:
    """The fields of the form with a list. Refused for what is no such form."""
    kind = request.headers.get("content-type", "").lower()
    if not kind.startswith("multipart/form-data"):
        return await request.form()
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=1, max_fields=4, max_part_size=MOST_PASTED
    )
    parser.spool_max_size = sys.maxsize
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, ValueError):
        raise Refused(FIELDS, fields=["bestand"], why="upload.unreadable") from None


def read_fields(given: FormData, names: tuple[str, ...], *, checked: bool) -> Form:
    """Take these fields out of a form. Refused for those that are no text, or more of it than any field takes."""
    found = {name: given.getlist(name) for name in names}
    wrong = [
        name
        for name, values in found.items()
        if not all(is_text(value, checked=checked) for value in values)
    ]
    if wrong:
        raise Refused(FIELDS, fields=wrong)
    return Form({name: [str(value) for value in values] for name, values in found.items()})


def is_text(value: object, *, checked: bool) -> bool:
    """Whether this is a text that a database can keep and a page can show."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return False
    return checked or not UNREADABLE.search(value)


def to_said(kind: type[Said], values: Mapping[str, Any], why: str, **fields: str) -> Said:
    """The fact that a form says. Refused by the fields of the form, given by those of the fact; `why` is the wording."""
    try:
        said = kind.model_validate(values)
    except ValidationError as error:
        wrong = {str(line["loc"][0]) for line in error.errors(include_input=False) if line["loc"]}
        raise Refused(FIELDS, fields=[fields.get(one, one) for one in wrong], why=why) from None
    if lost := {str(path[0]) for path in find_lost(said.model_dump(mode="json"))}:
        raise Refused(FIELDS, fields=[fields.get(one, one) for one in lost], why=why)
    return said
