"""The benchmarks' own arithmetic: what a process used, and the ratios that the last line tells."""

import subprocess
import sys

import numpy as np
import pytest

from benchmarks import memory
from benchmarks.product.outcome import Cost, Outcome, machine, summary


def outcome(way, clip="cat", frames=10, **seconds):
    return Outcome(way, clip, frames, frames, seconds, 2.0, 100, 0.5, 20.0, 3.0)


def test_a_childs_peak_is_its_own_and_not_its_parents():
    ballast = np.ones(400 << 20, np.uint8)
    print_peak = "from benchmarks import memory; print(memory.peak_mb())"
    told = subprocess.run([sys.executable, "-c", print_peak], capture_output=True, text=True, check=True)
    assert int(told.stdout) < 100 < len(ballast) >> 20 <= memory.peak_mb()


def test_a_peak_can_begin_anew():
    program = "from benchmarks import memory; bytearray(200 << 20); before = memory.peak_mb(); memory.restart_peak()"
    program += "; print(before - memory.peak_mb())"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(ran.stdout) >= 150


def test_the_peak_of_a_program_of_others_is_seen():
    programs = memory.Programs()
    hold = "import time; held = bytearray(150 << 20); time.sleep(0.5)"
    programs.run(sys.executable, "-c", hold)
    assert 150 <= programs.peak_mb < 250


def test_a_program_that_fails_is_told_of():
    with pytest.raises(subprocess.CalledProcessError):
        memory.Programs().run(sys.executable, "-c", "raise SystemExit(3)")


def test_a_program_is_given_its_input():
    memory.Programs().run(sys.executable, "-c", "import sys; sys.exit(sys.stdin.read() != 'frames')", given=b"frames")


def test_what_a_process_writes_to_a_file_counts_as_written(tmp_path):
    write = (
        "import pathlib, sys; from benchmarks import memory; before = memory.written_bytes(); "
        "pathlib.Path(sys.argv[1]).write_bytes(bytes(1 << 20)); print(memory.written_bytes() - before)"
    )
    command = [sys.executable, "-B", "-c", write, tmp_path / "file"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(told.stdout) in (0, 1 << 20)  # 0 where the folder is in memory


def test_frames_weigh_alike_however_many_a_clip_has():
    told = summary([outcome("GFPGANer", "a", 10, restore=8.0), outcome("GFPGANer", "b", 30, restore=4.0)])
    assert told["seconds_per_frame"] == {"GFPGANer": {"restore": 5.0, "all": 5.0}}


def test_ratios_are_whole_seconds_a_frame_against_ours():
    told = summary(
        [
            outcome("ours, default", "a", restore=0.8, encode=0.2),
            outcome("ours, default", "b", restore=1.8, encode=0.2),
            outcome("ours, no weights", restore=0.5),
            outcome("GFPGANer", "a", restore=11.0, encode=1.0),
            outcome("GFPGANer", "b", restore=8.0, encode=1.0),
            outcome("GFPGANer + Real-ESRGAN", restore=30.0),
            outcome("waifu2x", restore=2.0),
            outcome("animevideov3", restore=1.5),
        ]
    )
    assert told["ratio_default"] == 7.0
    assert told["ratio_default_worst_clip"] == 4.5
    assert told["ratio_default_realesrgan"] == 20.0
    assert (told["ratio_embedded"], told["embedded_rival"]) == (3.0, "animevideov3")


def test_a_rival_that_cannot_be_had_leaves_its_ratio_open():
    told = summary([outcome("ours, default", restore=1.0), outcome("ours, no weights", restore=1.0)])
    assert told["ratio_default"] is None
    assert told["ratio_embedded"] is None


def test_a_stage_is_counted_by_the_frames_it_worked_on():
    assert Cost(4, 2.0, 6.0, 4000).per_frame() == Cost(1, 0.5, 1.5, 1000)


def test_the_machine_is_told_with_the_flags_that_matter():
    core = "processor\t: {}\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx2 sse avx512_bf16\n\n"
    assert machine(core.format(0) + core.format(1)) == {
        "processor": "AMD EPYC",
        "flags": ["avx2", "avx512_bf16"],
        "cores": 2,
    }
