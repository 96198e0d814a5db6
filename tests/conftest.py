import pytest
from data_root import DataRoot


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A data root of its own, whose worker calls `fake_pipeline` instead of the real one."""
    monkeypatch.setenv("PYTHONPATH", str(DataRoot.tests))
    return DataRoot(tmp_path / "dataset")
