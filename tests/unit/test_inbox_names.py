import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.folders import from_text, to_text
from daemon.inbox.arrivals import takes
from daemon.settings.config import Watch

IGNORED = Watch().ignore


@pytest.mark.parametrize("name", ["a.gif", "A.GIF", "film.mp4", "x.y.webm", "with\nnewline.gif", "ünï.webp", "p.png"])
def test_media_names_are_taken(name):
    assert takes(name, IGNORED)


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.gif",
        "a.gif.part",
        "a.gif.crdownload",
        "a.gif~",
        ".gif",
        "gif",
        "notes.txt",
        "a.gif.tmp",
        "a.gif.filepart",
    ],
)
def test_hidden_unfinished_and_other_names_are_left_alone(name):
    assert not takes(name, IGNORED)


def test_a_pattern_of_the_settings_leaves_more_alone():
    assert not takes("draft-a.gif", ("draft-*",))
    assert takes("a.gif", ())


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1).filter(lambda name: b"\0" not in name))
def test_any_bytes_of_a_name_become_valid_text_and_come_back(name):
    path = os.fsdecode(name)
    text = to_text(path)
    text.encode("utf-8")
    if not any("\uf780" <= c <= "\uf7ff" for c in path):
        assert os.fsencode(from_text(text)) == name
