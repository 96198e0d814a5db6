"""A data root for tests: drop files, run the daemon over it with the fake pipeline, look at what came of it."""

import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, ClassVar

from daemon import steps
from daemon.catalogue import open_for_reading, open_for_writing
from daemon.catalogue.requeue import retry_jobs
from daemon.execution.local import LocalExecutor
from daemon.folders import Folders
from daemon.service import service
from daemon.settings.config import Config, Jobs, Watch
from pipeline.settings import Models

FAKE = partial(LocalExecutor, stand_in="fake_pipeline")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@dataclass
class DataRoot:
    tests: ClassVar[Path] = Path(__file__).parent
    path: Path
    config: Config = field(init=False)
    make_executor: service.MakeExecutor = FAKE

    def __post_init__(self) -> None:
        self.config = Config(
            data_root=self.path,
            watch=Watch(settle_seconds=0.05),
            jobs=Jobs(min_free_mb=0),
            models=Models(self.path.with_name("models"), download=False),
        )
        self.folders = Folders(self.path)
        self.folders.make()

    def drop(self, path: str, text: str) -> Path:
        """Write `text` as a dropped file; its words tell the fake pipeline what to do."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, **settings: Any) -> int:
        """Run the daemon in this process until nothing is left to do."""
        sections = {key: replace(getattr(self.config, key), **value) for key, value in settings.items()
                    if isinstance(value, dict)}  # fmt: skip
        return service.run(replace(self.config, **(settings | sections)), once=True, make_executor=self.make_executor)

    def start(
        self, step: str = "", nth: int = 1, once: bool = True, reload: Callable[[], Config] | None = None
    ) -> ForkProcess:
        """Run the daemon as a process, which kills itself when it takes a step the nth time."""
        process = get_context("fork").Process(target=self._serve, args=(step, nth, once, reload))
        process.start()
        return process

    def _serve(self, step: str, nth: int, once: bool, reload: Callable[[], Config] | None) -> None:
        taken: list[str] = []

        def crash(reached: str) -> None:
            taken.append(reached)
            if reached == step and taken.count(step) == nth:
                os.kill(os.getpid(), signal.SIGKILL)

        steps.listen(crash)
        os._exit(service.run(self.config, once, reload, self.make_executor))

    def crash(self, step: str, nth: int = 1) -> None:
        """Run the daemon until it is killed at a step."""
        process = self.start(step, nth)
        process.join(30)
        assert process.exitcode == -signal.SIGKILL

    @contextlib.contextmanager
    def running(self):
        """The daemon as a process that goes on until the end of the block, where it is stopped with SIGTERM."""
        process = self.start(once=False)
        try:
            yield process
        finally:
            process.terminate()
            process.join(20)

    def retry(self, **chosen: Any) -> list[int]:
        with contextlib.closing(open_for_writing(self.folders.catalogue)) as db:
            return retry_jobs(db, **chosen)

    def rows(self, query: str, *parameters: Any) -> list[sqlite3.Row]:
        with contextlib.closing(open_for_reading(self.folders.catalogue)) as db:
            return db.execute(query, parameters).fetchall()

    def value(self, query: str, *parameters: Any) -> Any:
        return self.rows(query, *parameters)[0][0]

    def write(self, statement: str, *parameters: Any) -> None:
        with contextlib.closing(open_for_writing(self.folders.catalogue)) as db:
            db.execute(statement, parameters)

    def states(self) -> dict[str, str]:
        """The state of each job, by the name it was dropped under."""
        return {row[0]: row[1] for row in self.rows("SELECT dropped_path, state FROM jobs ORDER BY id")}

    def outputs(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in sorted(self.folders.outputs.iterdir())}

    def inputs(self) -> list[str]:
        """Every file in the watched folders and the quarantine."""
        folders = (*self.folders.watched, self.folders.quarantine)
        return sorted(str(f.relative_to(self.path)) for folder in folders for f in folder.rglob("*") if f.is_file())

    def wait_for(self, query: str, *parameters: Any, within_s: float = 20) -> Any:
        """The first value of a query, once there is one that is true."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError, sqlite3.OperationalError):
                rows = self.rows(query, *parameters)
                if rows and rows[0][0]:
                    return rows[0][0]
            time.sleep(0.05)
        raise TimeoutError(f"{query} {parameters}: {[dict(r) for r in self.rows('SELECT * FROM jobs')]}")

    def assert_exactly_once(self, dropped: dict[str, str]) -> None:
        """Each dropped content (by path) has one finished job and its whole results once; nothing else is left."""
        assert self.rows("SELECT hash FROM jobs WHERE state = 'done' GROUP BY hash HAVING count(*) > 1") == []
        assert self.states() == dict.fromkeys(dropped, "done")
        recorded = {row[0]: row[1] for row in self.rows("SELECT path, bytes FROM outputs")}
        outputs = {self.folders.relative(f): f.stat().st_size for f in self.folders.outputs.iterdir()}
        categorised = {p: size for p, size in recorded.items() if p.startswith("gifs/")}
        assert recorded == outputs | categorised
        assert all((self.path / p).stat().st_size == size for p, size in categorised.items())
        for text in dropped.values():
            count = 1 + max(0, int(dict(w.partition("=")[::2] for w in text.split()).get("clips", 1)) - 1)
            assert sum(output.endswith(":" + text) for output in self.outputs().values()) == count
            kept = [p for p in self.inputs() if (self.path / p).read_text() == text]
            assert len(kept) == 1
        assert self.rows("SELECT * FROM publications") == []
        assert list(self.folders.work.iterdir()) == []
        assert list(self.path.rglob("*.tmp")) == []
