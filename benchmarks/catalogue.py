"""How fast a large catalogue answers: every view and every canned query, and what recording a clip takes.

    python -m benchmarks.catalogue [--count N] [--frames N] [--database FILE]

Fills a catalogue with N clips (100,000) of N frames each (100), seventy a day, half of them restored by the fall-back,
one dropped file in twelve failed. Each query runs eleven times; the median and the slowest are told. The last line is
one JSON object. `--database` keeps the file, and takes it as it is where it is there.
"""

import argparse
import json
import sqlite3
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.catalogue_questions import Question, canned, cookbook
from benchmarks.catalogue_rows import fill, record_clips
from daemon.catalogue import open_catalogue, open_for_reading
from daemon.catalogue.sql import query

RUNS = 11
PAGE = 101  # rows that Datasette fetches of a view
TOO_SLOW_MS = 50.0


def asked(db: sqlite3.Connection) -> dict[str, Question]:
    """Every canned query, every view by the page and counted, and what `gifrestored status` asks."""
    found = {f"canned: {name}": question for name, question in canned().items()} | cookbook()
    for (view,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'"):
        found[f"view {view}"] = Question(f"SELECT * FROM {view} LIMIT {PAGE}")
    for name in ("categories", "fallback", "running"):
        found[f"status: {name}"] = Question(query(name))
    found["status: failed"] = Question(query("failed"), {"last": 5})
    return found


def median_and_slowest_ms(db: sqlite3.Connection, question: Question) -> tuple[float, float]:
    """Run the query to its last row, eleven times after one to warm up."""
    taken = []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        db.execute(question.sql, question.example).fetchall()
        taken.append((time.perf_counter() - begin) * 1000.0)
    return float(np.median(taken[1:])), max(taken[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="rows of clips")
    parser.add_argument("--frames", type=int, default=100, help="frame rows of a clip")
    parser.add_argument("--database", type=Path, help="where the catalogue is made, or lies")
    parser.add_argument("--clips", help=argparse.SUPPRESS)  # `make bench CLIPS=DIR` hands it to every benchmark
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gifrestored-bench-") as folder:
        path = chosen.database or Path(folder) / "catalogue.sqlite3"
        if not path.exists():
            fill(path, chosen.count, chosen.frames)
        recording_ms = record_clips(path, chosen.frames)
        open_catalogue(path).close()
        with open_for_reading(path) as db:
            rows = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("clips", "frame_scores", "jobs")}
            measured = {name: median_and_slowest_ms(db, question) for name, question in asked(db).items()}
    print(f"{path.name}: {rows}")
    for name, (middle, slowest) in sorted(measured.items(), key=lambda item: -item[1][0]):
        print(f"{middle:8.2f} ms  (slowest {slowest:7.2f})  {name}")
    over = [name for name, (middle, _) in measured.items() if middle >= TOO_SLOW_MS]
    worst = max(middle for middle, _ in measured.values())
    print(json.dumps({"rows": rows, "slowest_ms": round(worst, 2), "over_50_ms": over, "record_ms": recording_ms}))


if __name__ == "__main__":
    main()
