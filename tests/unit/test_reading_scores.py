import math
from statistics import quantiles

import pytest

from daemon.catalogue.reading.scores import fidelity, flicker
from daemon.catalogue.reading.spread import Spread, spread_of
from pipeline.report import Scores


def scored(psnr_db=30.0, reference="input", tmse=(2e-4, 1e-4), sharpness=(4.0, 6.0)):
    return Scores(reference, psnr_db, 0.9, None, *tmse, *sharpness)


def test_a_spread_leaves_out_what_is_no_number():
    assert spread_of([1.0, None, math.nan, 3.0, math.inf]) == Spread(2.0, (1.5, 2.5))
    assert spread_of([7.0, None]) == Spread(7.0)
    assert spread_of([None, math.nan]) is None


def test_scores_against_different_references_have_rows_of_their_own_the_truth_first():
    rows = fidelity({"noisy": [scored(20), scored(40, "truth"), scored(30)], "clean": [scored(50, "truth")]})
    assert [(row.reference, row.category, row.clips) for row in rows] == [
        ("truth", "noisy", 1),
        ("truth", "clean", 1),
        ("input", "noisy", 2),
    ]
    low, median, high = quantiles([20, 30], n=4, method="inclusive")
    assert rows[2].psnr_db == Spread(median, (low, high))
    assert rows[2].gmsd is None


def test_only_clips_that_move_flicker_and_all_of_them_have_a_sharpness():
    steady, worse = scored(tmse=(2e-4, 1e-4)), scored(tmse=(1e-4, 3e-4))
    still = scored(tmse=(None, None), sharpness=(0.0, 6.0))
    (row,) = flicker({"noisy": [steady, worse, still]})
    assert (row.clips, row.steadier, row.sharpness) == (2, 0.5, Spread(1.5, (1.5, 1.5)))
    assert row.tmse_output.median == pytest.approx(2e-4)


def test_a_category_of_stills_has_no_share_of_steadier_clips():
    (row,) = flicker({"clean": [scored(tmse=(None, None))]})
    assert (row.clips, row.steadier, row.tmse_input) == (0, None, None)
