import os

import pytest
from data_root import DataRoot
from hypothesis import settings

# The same examples in every run: a red one is red for what changed. `--hypothesis-profile default` looks further.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A data root of its own, whose worker calls `fake_pipeline` instead of the real one."""
    monkeypatch.setenv("PYTHONPATH", str(DataRoot.tests), prepend=os.pathsep)
    return DataRoot(tmp_path / "dataset")
