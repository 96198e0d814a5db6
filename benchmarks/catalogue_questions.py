"""The queries that people are given: Datasette's canned ones and those of the cookbook, with an example's values."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLES = {"words": "palette", "name": "clip_123", "clip": ""}


@dataclass(frozen=True, slots=True)
class Question:
    """One query, with a value for each of its parameters."""

    sql: str
    example: dict[str, str | int] = field(default_factory=dict)


def canned() -> dict[str, Question]:
    """The queries of docs/datasette.yaml, by name."""
    described = yaml.safe_load((DOCS / "datasette.yaml").read_text())
    queries = described["databases"]["catalogue"]["queries"]
    return {name: Question(q["sql"], {p: EXAMPLES[p] for p in q.get("params", ())}) for name, q in queries.items()}


def cookbook() -> dict[str, Question]:
    """The queries of docs/catalogue.md, by the question above each."""
    found = re.findall(r"^([A-Z][^\n]*\?)\n\n```sql\n(.*?)```", (DOCS / "catalogue.md").read_text(), re.M | re.S)
    return {question: Question(query) for question, query in found}
