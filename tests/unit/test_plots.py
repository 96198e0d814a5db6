"""What a reader of a report's plots can read off their axes."""

import re

import pytest

from pipeline.report import Scores
from pipeline.scoring import plots


def texts(svg: str) -> list[str]:
    return re.findall(r">([^<>\n]+)</text>", svg)


@pytest.mark.parametrize("start", [40.52, 1e5, 0.99998])
@pytest.mark.parametrize("step", [0.0, 1e-6, 1e-4])
def test_axes_of_scores_that_are_close_together_have_plain_numbers(start, step):
    scores = [Scores("input", start + i * step, 0.999998 + i * step, 1e-6, 2e-5, 1e-5, 5.0, 6.0) for i in range(6)]
    drawn = plots.draw({"noisy": scores})
    ticks = [text for text in texts(drawn["input"]) if re.match(r"[+−-]?\d", text)]
    assert ticks
    assert not [tick for tick in ticks if re.search(r"e|\+|×", tick)]
