import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.report_codec import from_json, from_values, to_json
from pipeline.report import ClipReport, FrameScore, Measurement, Scores

numbers = st.floats(allow_nan=False)
maybe = st.none() | numbers
names = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12)
paths = (names | st.just("\udcff")).map(  # a byte of an old disk that is no character
    lambda name: Path("/out") / name
)
categories = st.sampled_from(["blurry", "noisy", "low_res", "clean"])

measurements = st.builds(Measurement, categories, st.dictionaries(names, numbers), numbers, edge_spread_px=maybe)
frames = st.builds(FrameScore, st.integers(0, 5000), numbers, maybe, maybe, maybe, maybe, numbers, numbers)
scores = st.builds(
    Scores, st.sampled_from(["truth", "source", "input"]), numbers, maybe, maybe, maybe, maybe, numbers, numbers, maybe,
    st.lists(frames, max_size=3).map(tuple),
)  # fmt: skip
reports = st.builds(
    ClipReport,
    measurement=measurements,
    category=categories,
    scores=scores,
    outputs=st.dictionaries(st.sampled_from(["gif", "mp4"]), paths),
    categorised=st.none() | paths,
    seconds=st.dictionaries(names, numbers, max_size=3),
)


@given(st.lists(reports, max_size=2))
def test_a_report_comes_back_as_it_was(before):
    text = to_json(before)
    assert text.isascii()
    assert from_json(text, list[ClipReport]) == from_values(json.loads(text), list[ClipReport]) == before


@given(reports, st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_score_that_is_not_finite_comes_back_too(report, score):
    before = replace(report, scores=replace(report.scores, psnr_db=score))
    (after,) = from_json(to_json([before]), list[ClipReport])
    assert repr(after) == repr(before)


@pytest.mark.parametrize("text", ["", "{}", '[{"name": "cat"}]', '["cat"]'])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(ValueError):
        from_json(text, list[ClipReport])


def test_what_has_no_form_in_json_is_named():
    with pytest.raises(TypeError, match="a set has no form in JSON"):
        to_json({"clips": {1}})
