"""The names that scripts of others import."""

import inspect

from pipeline.clips import Clip
from pipeline.measuring import measure
from pipeline.media import gif
from pipeline.run import restore_file
from pipeline.steadiness import stabilise, transport


def test_names_for_scripts_of_others_are_functions_and_classes_not_modules():
    assert inspect.isclass(Clip)
    assert all(inspect.isfunction(name) for name in (gif.read, gif.write, measure, stabilise, transport, restore_file))
