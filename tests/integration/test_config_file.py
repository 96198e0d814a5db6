import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.settings import config_file
from daemon.settings.config import Config
from daemon.settings.config_file import ConfigError, find, known_keys, load
from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return path

    return write


def complaint(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        load(path)
    return str(error.value)


def test_the_shipped_file_states_every_default(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert load(Path("config.yaml")) == load(None)


def paths(values, above=()):
    for name, value in values.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from paths(value, (*above, name))


def test_the_shipped_file_names_every_setting_once_and_comments_each_line():
    text = (ROOT / "config.yaml").read_text()
    values = yaml.safe_load(text)
    named = set(paths(values))
    assert named == set(known_keys())
    assert [line for line in text.splitlines() if re.match(r"\s*\w+:", line) and " # " not in line] == []


def test_the_settings_are_what_the_worker_hands_to_the_pipeline():
    assert isinstance(load(None), Settings)


def test_a_misspelt_key_is_named_with_its_file_line_and_the_nearest_right_key(written):
    path = written("workers: 1\nwatch:\n  setle_seconds: 3\n")
    assert complaint(path) == f"{path}:3: `watch.setle_seconds` is no setting; did you mean `watch.settle_seconds`?"


def test_a_key_in_the_wrong_section_is_told_where_it_belongs(written):
    assert "did you mean `video.max_fps`?" in complaint(written("max_fps: 3\n"))


def test_a_key_like_no_other_is_answered_with_what_its_section_takes(written):
    assert "`log` takes `level`, `format`" in complaint(written("log:\n  zzzzzz: 1\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("restorer: gfpgam", "`restorer`: input should be 'auto', 'gfpgan', 'compact' or 'classic', found \"gfpgam\""),
        ('workers: "2"', "`workers`: input should be a valid integer"),
        ("gif:\n  quality: 101", "`gif.quality`: input should be less than or equal to 100, found 101"),
        ("limits:\n  max_megapixels: .nan", "`limits.max_megapixels`"),
        ("workers: true", "`workers`: input should be a valid integer, found true"),
        ("outputs: [gif, avi]", "`outputs`: input should be 'gif', 'webp', 'apng' or 'mp4', found \"avi\""),
        ("outputs: []", "`outputs`: tuple should have at least 1 item after validation, not 0, found []"),
        ("watch: 3", "`watch` is a section"),
        ("- gif", "expected `key: value` lines"),
        ("log:\n  level: info\n  level: debug", ":3: not valid YAML: `log.level` is given twice"),
        ("a: [", "not valid YAML"),
        ("a: &x\n  b: *x", "alias"),
        ("workers: !!python/object:os.system 1", ":1: not valid YAML"),
    ],
)
def test_a_wrong_value_is_told_and_nothing_is_guessed(written, text, told):
    assert told in complaint(written(text))


def test_every_wrong_key_is_told_at_once_in_the_order_of_the_file(written):
    path = written("wokers: 1\ngif:\n  holt: 2\nupscale: 3\n")
    assert [line.split(":")[1] for line in complaint(path).splitlines()] == ["1", "3", "4"]


def test_an_empty_file_and_a_section_without_lines_keep_the_defaults(written):
    assert load(written("")) == load(written("watch:\n"))


def test_relative_paths_are_relative_to_the_file_wherever_it_is_read_from(written, monkeypatch):
    path = written("data_root: clips\nmodels: {folder: /srv/models}\n")
    monkeypatch.chdir("/")
    config = load(path)
    assert config.data_root == path.parent / "clips"
    assert config.models.folder == Path("/srv/models")


@pytest.mark.parametrize(("text", "key"), [("data_root: {}", "data_root"), ("models: {{folder: {}}}", "models.folder")])
def test_a_home_folder_that_nobody_has_is_told(written, text, key):
    path = written(text.format("~nosuchuser/x"))
    told = f"{path}: `{key}`: `~nosuchuser` is nobody's home folder here; write ~nosuchuser/x in full"
    assert complaint(path) == told


def test_relative_paths_of_the_system_file_are_relative_to_the_services_state(written, monkeypatch):
    path = written("data_root: clips\n")
    monkeypatch.setattr(config_file, "SYSTEM_FILE", path)
    config = load(path)
    assert config.data_root == Path("/var/lib/gifrestored/clips")
    assert config.models.folder == Path("/var/lib/gifrestored/models")


def test_the_data_root_of_the_command_line_is_relative_to_the_current_folder(written, monkeypatch, tmp_path):
    path = written("data_root: /elsewhere\n")
    monkeypatch.chdir(tmp_path)
    assert load(path, data_root=Path("mine")).data_root == tmp_path / "mine"


def test_the_file_is_the_named_one_then_the_environments_then_the_current_folders(written, monkeypatch, tmp_path):
    here = written("")
    other = tmp_path / "other.yaml"
    other.write_text("")
    monkeypatch.chdir(tmp_path)
    assert find(other, {"GIFRESTORED_CONFIG": str(here)}) == other
    assert find(None, {"GIFRESTORED_CONFIG": str(other)}) == other
    assert find(None, {}) == Path("config.yaml")


def test_a_file_asked_for_by_name_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file \(named by --config\)"):
        find(tmp_path / "none.yaml", {})
    with pytest.raises(ConfigError, match="GIFRESTORED_CONFIG"):
        find(None, {"GIFRESTORED_CONFIG": str(tmp_path / "none.yaml")})


def test_a_file_that_is_not_text_is_an_error(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="can't be read"):
        load(path)


yaml_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from([".".join(key) for key in known_keys()]) | st.text(max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(keys, yaml_values, max_size=4))
def test_any_yaml_gives_settings_or_a_config_error(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("any") / "config.yaml"
    path.write_text(yaml.safe_dump(values))
    try:
        assert isinstance(load(path), Config)
    except ConfigError as error:
        assert str(path) in str(error)
