"""The named SQL: what the catalogue is asked lies in `reads/`, what changes it in `writes/`, one statement a file."""

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """The text of `reads/<name>.sql`, which changes nothing."""
    return (files("daemon.catalogue.sql") / "reads" / f"{name}.sql").read_text()


@cache
def statement(name: str) -> str:
    """The text of `writes/<name>.sql`."""
    return (files("daemon.catalogue.sql") / "writes" / f"{name}.sql").read_text()
