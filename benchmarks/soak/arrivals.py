"""What arrives in the soak's hours, and what must come of it."""

import heapq
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from benchmarks.soak.ends import Dropped, some_file

PADDING = "x" * 8000  # so that a full disk can cut a file in two


@dataclass(slots=True)
class World:
    """A data root and what was dropped into it: `good` must come out once, `bad` go to quarantine, `others` may come
    out or not; `copies` counts those of a content. `later` are things to be done at a time."""

    root: Path
    chance: Random
    good: list[Dropped] = field(default_factory=list)
    bad: list[Dropped] = field(default_factory=list)
    others: set[str] = field(default_factory=set)
    copies: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    later: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    share_is_mounted: bool = True
    _number: int = 0

    def name(self) -> str:
        """One that was not used before."""
        self._number += 1
        return f"n{self._number:05}"

    def arrive(self) -> None:
        """Something arrives, most often an ordinary file."""
        kind = self.chance.choice([ordinary] * 8 + UNUSUAL)
        self.told[kind.__name__] += 1
        kind(self)

    def write(self, file: Dropped) -> None:
        """As anybody would: opened, written, closed."""
        (self.root / file.path).write_text(file.text)

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Have something done later."""
        self._number += 1
        heapq.heappush(self.later, (time.monotonic() + seconds, self._number, act))

    def do_what_is_due(self) -> None:
        """What was to be done by now."""
        while self.later and self.later[0][0] <= time.monotonic():
            heapq.heappop(self.later)[2]()


def gif(world: World, words: str) -> Dropped:
    """A GIF that is not written yet."""
    name = world.name()
    return Dropped(f"gifs/{name}.gif", f"{words} {name} {PADDING}")


def ordinary(world: World) -> None:
    """A GIF, with or without a category, or a video."""
    file = some_file(world.name(), world.chance, f"sleep={world.chance.choice([0, 0.1, 0.5])} {PADDING}")
    if file.path.startswith("raw_videos/") and not world.share_is_mounted:
        return
    world.write(file)
    world.good.append(file)


def failing_once(world: World) -> None:
    """What passes: memory, disk, weights, I/O errors, a worker that crashes or hangs."""
    kinds = ["OutOfMemory", "NoSpace", "WeightsMissing", "OSError", "ValueError", "die", "hang"]
    file = gif(world, f"once={world.chance.choice(kinds)}")
    world.write(file)
    world.good.append(file)


def hopeless(world: World) -> None:
    """What is quarantined at once, or after the last attempt."""
    file = gif(world, f"raise={world.chance.choice(['Unreadable', 'TooLarge', 'NoVideoStream', 'ValueError'])}")
    world.write(file)
    world.bad.append(file)


def duplicate(world: World) -> None:
    """The content of an earlier file under another name."""
    if gifs := [file for file in world.good if file.path.startswith("gifs/")]:
        file = replace(world.chance.choice(gifs), path=f"gifs/{world.name()}.gif")
        world.write(file)
        world.copies[file.text] += 1


def changed(world: World) -> None:
    """Overwritten soon after; only the last version is owed a result."""
    first, last = gif(world, "sleep=0.3 first"), gif(world, "last")
    last = replace(last, path=first.path)
    world.write(first)
    world.others.add(first.text)
    world.after(world.chance.uniform(0, 1), lambda: world.write(last))
    world.good.append(last)


def removed(world: World) -> None:
    """Gone again soon after."""
    file = gif(world, "sleep=0.3")
    world.write(file)
    world.others.add(file.text)
    world.after(world.chance.uniform(0, 1), lambda: (world.root / file.path).unlink(missing_ok=True))


def downloaded(world: World) -> None:
    """Written under another name, in two pieces, then renamed."""
    file = gif(world, "")
    part = world.root / f"{file.path}.part"
    part.write_text(file.text[:5])
    world.after(0.5, lambda: (part.write_text(file.text), part.rename(world.root / file.path)))
    world.good.append(file)


def folder(world: World) -> None:
    """Moved in whole, with files in it."""
    name, away = world.name(), world.root / ".incoming"
    away.mkdir()
    files = [gif(world, "") for _ in range(3)]
    files = [replace(file, path=f"gifs/{name}/{Path(file.path).name}") for file in files]
    for file in files:
        (away / Path(file.path).name).write_text(file.text)
    away.rename(world.root / "gifs" / name)
    world.good += files


def burst(world: World) -> None:
    """Many at once."""
    files = [gif(world, "") for _ in range(30)]
    for file in files:
        world.write(file)
    world.good += files


def junk(world: World) -> None:
    """What must never become a job."""
    gifs, name = world.root / "gifs", f"junk{world.name()}"
    (gifs / f"{name}-link.gif").symlink_to("/etc/passwd")
    os.mkfifo(gifs / f"{name}-fifo.gif")
    (gifs / f"{name}-folder.gif").mkdir()
    (gifs / f".{name}.gif").write_text("hidden")
    (gifs / f"{name}.gif.crdownload").write_text("half")


UNUSUAL = [failing_once, failing_once, hopeless, duplicate, changed, removed, downloaded, folder, burst, junk]
