import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.faces.detect import Detection
from pipeline.faces.orientation import turned_back


@given(st.integers(4, 30), st.integers(4, 30), st.integers(0, 3), st.data())
def test_a_point_of_a_turned_picture_is_found_again_in_the_picture(width, height, turns, data):
    picture = np.zeros((height, width), np.uint8)
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    picture[y, x] = 1
    ((row, column),) = np.argwhere(np.rot90(picture, turns))
    point = np.array([column, row], np.float32)
    seen = Detection(np.array([*point, 2, 1], np.float32), np.tile(point, (5, 1)), 0.9)
    back = turned_back(seen, width, height, turns)
    assert (back.landmarks == (x, y)).all()
    assert sorted(back.box[2:]) == [1, 2]
    assert back.score == 0.9
