"""Our GIF writer and reader beside others: `python -m benchmarks.gif [--clips DIR] [--gifs N]`.

Prints tables in Markdown; its last line is one JSON object.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from benchmarks import gif_peers, gif_readers, gif_writers
from benchmarks.gif_clips import clips
from benchmarks.gif_writers import Row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="a folder of videos and GIFs; without, a generated clip is used")
    parser.add_argument("--gifs", type=int, default=10000, help="generated GIFs for our reader")
    parser.add_argument("--peer-gifs", type=int, default=300, help="how many of them the other readers get")
    given = parser.parse_args()
    cv2.setNumThreads(2)
    gif_peers.install()
    with gif_writers.workplace() as name:
        folder = Path(name)
        measured = {}
        for clip, frames in clips(given.clips):
            print(
                f"\n## Writers on {clip}, {frames.shape[2]}×{frames.shape[1]}×{len(frames)}\n\n{gif_writers.HEAD}",
                flush=True,
            )
            measured[clip] = gif_writers.compare(frames, folder)
        readers = _readers(given.gifs, given.peer_gifs, folder)
        times = gif_readers.seconds(gif_readers.ordinary(given.clips, folder, frames))
        print("\n## Readers on ordinary GIFs\n\n| reader | seconds |\n|---|---|")
        print("\n".join(f"| {reader} | {best:.2f} |" for reader, best in times.items()))
    frames_each = len(frames)
    print(json.dumps(_summary(measured, frames_each) | {"reader_agreement": readers, "reader_seconds": times}))


def _readers(count: int, judged_by_peers: int, folder: Path) -> float:
    """Print the tables; the share of files with any feature that our reader shows right."""
    ours = gif_readers.agreement(count, False, ["gifrestored"], folder)["gifrestored"]
    print(f"\n## Readers on generated GIFs\n\nEvery feature and oddity mixed: gifrestored {ours} of {count}.\n")
    print("| reader, on what GIF89a defines | as specified | of |\n|---|---|---|")
    everyone = gif_readers.agreement(judged_by_peers, True, list(gif_readers.READERS), folder)
    print("\n".join(f"| {name} | {hits} | {judged_by_peers} |" for name, hits in everyone.items()), flush=True)
    return ours / count


def _summary(measured: dict[str, dict[str, Row]], frames: int) -> dict[str, object]:
    """By clip and on average: ours at gifski Q90's size, and gifski."""
    both = {clip: (rows["equal"], rows["gifski Q90"]) for clip, rows in measured.items() if "equal" in rows}
    gains = {clip: round(ours.scores.psnr_db - theirs.scores.psnr_db, 2) for clip, (ours, theirs) in both.items()}

    def mean(of: int, field: str) -> float | None:
        values = [getattr(pair[of].scores, field) for pair in both.values()]
        return round(float(np.mean(values)), 3) if values else None

    defaults = [rows["gifrestored"] for rows in measured.values()]
    return {
        "psnr_db": mean(0, "psnr_db"),
        "gifski_psnr_db": mean(1, "psnr_db"),
        "gain_db": gains,
        "td_mse": mean(0, "td_mse"),
        "gifski_td_mse": mean(1, "td_mse"),
        "flicker": mean(0, "flicker"),
        "gifski_flicker": mean(1, "flicker"),
        "unlimited_psnr_db": {clip: round(rows["unlimited"].scores.psnr_db, 2) for clip, rows in measured.items()},
        "seconds_per_frame": round(max(row.seconds for row in defaults) / frames, 4),
        "cpu_seconds_per_frame": round(max(row.cpu_seconds for row in defaults) / frames, 4),
    }


if __name__ == "__main__":
    main()
