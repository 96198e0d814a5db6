"""Whole videos, frame by frame and packet by packet: `python -m benchmarks.video [--clips DIR]`.

Three ways make a video twice as wide and high, each in a process of its own:

- ours: plan, segments, join, with the embedded classic restorer.
- floor: decode, Lanczos, x264 with our settings, sound copied, as `ffmpeg -vf scale=2*iw:2*ih -c:a copy` does.
- loop: frames to PNG at a constant rate, each enlarged, encoded again, with the sound coded anew.

Told are frames in and out, the largest error of a frame's time from the first frame on, sound packets that are equal,
the change of the offset between sound and picture, the largest error of colour bars, seconds, and disk and memory at
their peak. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.video.clips import made
from benchmarks.video.measured import HEAD, Outcome, outcome
from benchmarks.video.ways import WAYS

SUFFIXES = {".mp4", ".mov", ".mkv", ".webm", ".avi"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder of videos; without, generated ones are used")
    parser.add_argument("--seconds", type=float, default=24.0, help="of the generated videos")
    given = parser.parse_args()
    results: dict[str, dict[str, Outcome]] = {}
    with tempfile.TemporaryDirectory(prefix="gifrestored-bench-") as name:
        folder = Path(name)
        sources = (
            sorted(path for path in given.clips.rglob("*") if path.suffix.lower() in SUFFIXES)
            if given.clips
            else made(folder, given.seconds)
        )
        for source in sources:
            print(f"\n## {source.name}\n\n{HEAD}", flush=True)
            results[source.name] = {}
            for way in WAYS:
                done = outcome(way, source, folder / f"{source.stem}-{way}")
                results[source.name][way] = done
                print(done.row(), flush=True)
    print(json.dumps({source: {way: asdict(o) for way, o in ways.items()} for source, ways in results.items()}))


if __name__ == "__main__":
    main()
