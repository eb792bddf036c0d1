"""Tells kinds of problem files apart by content, and reads benchmark instances."""

from enum import StrEnum

from scheduling.routing.benchmark import Convention, Instance
from services.offline.files.solomon import is_solomon, read_solomon
from services.offline.files.text import UnreadableFile
from services.offline.files.vrplib_files import is_vrplib, read_vrplib


class Kind(StrEnum):
    """A form of problem file."""

    PROBLEM = "problem"
    SOLOMON = "solomon"
    VRPLIB = "vrplib"


def kind_of(text: str, name: str) -> Kind:
    """Recognises the kind by content, never by file name; UnreadableFile when it is none of the three."""
    if text.lstrip()[:1] in ("{", "["):
        return Kind.PROBLEM
    if is_solomon(text):
        return Kind.SOLOMON
    if is_vrplib(text):
        return Kind.VRPLIB
    raise UnreadableFile(name, ["neither a JSON problem, nor a Solomon nor a VRPLIB file"])


def read_instance(text: str, name: str, convention: Convention | None = None) -> Instance:
    """Reads an instance of either format; without a convention, the usual one of its kind."""
    if kind_of(text, name) is Kind.SOLOMON:
        return read_solomon(text, name, convention or Convention.DIMACS)
    return read_vrplib(text, name, convention)
