from benchmarks.soak.kills import at_random


def test_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice(tmp_path):
    told = at_random(tmp_path, kills=4, files=4)
    assert told["faults"] == []
    assert sum(told["kills"].values()) >= 4
