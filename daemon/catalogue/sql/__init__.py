"""The SQL by name, one statement a file: queries in `reads/`, changes in `writes/`."""

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """Return the text of `reads/<name>.sql`, which changes nothing."""
    return (files("daemon.catalogue.sql") / "reads" / f"{name}.sql").read_text()


@cache
def statement(name: str) -> str:
    """Return the text of `writes/<name>.sql`."""
    return (files("daemon.catalogue.sql") / "writes" / f"{name}.sql").read_text()
