from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from shared import config, paths
from shared.config import Config, Setting
from shared.errors import ConfigError, UsageError

SETTINGS = (
    Setting("server.url", "https://example.org", str, "address", env="OOBO_SERVER_URL"),
    Setting("server.sync", False, bool, "switch", env="OOBO_SYNC"),
    Setting("limits.count", 3, int, "count"),
    Setting("limits.seconds", 1.5, float, "time", env="OOBO_SECONDS", least=0),
    Setting("limits.port", 80, int, "port", least=0, most=65535),
    Setting("ignored", [], list, "names"),
)


def write_user(text: str) -> Path:
    path = paths.config_file("oobo")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_each_layer_beats_the_one_below_and_says_where_the_value_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.load("oobo", SETTINGS).origin("server.url") == "default"
    user = write_user('[server]\nurl = "https://user"\n')
    assert config.load("oobo", SETTINGS).origin("server.url") == f"user {user}"
    (tmp_path / ".oobo.toml").write_text('[server]\nurl = "https://project"\n')
    found = config.load("oobo", SETTINGS, project=tmp_path)
    assert (found["server.url"], found.origin("server.url")) == ("https://project", f"project {tmp_path}/.oobo.toml")
    monkeypatch.setenv("OOBO_SERVER_URL", "https://env")
    found = config.load("oobo", SETTINGS, project=tmp_path)
    assert (found["server.url"], found.origin("server.url")) == ("https://env", "env OOBO_SERVER_URL")
    found = config.load("oobo", SETTINGS, {"server.url": "https://flag"}, project=tmp_path)
    assert (found["server.url"], found.origin("server.url")) == ("https://flag", "flag")


def test_a_broken_file_is_a_config_error_that_names_file_and_line() -> None:
    path = write_user('[server]\nurl = "x"\nsync = maybe\n')
    with pytest.raises(ConfigError, match=r"config\.toml is not valid TOML.*line 3") as caught:
        config.load("oobo", SETTINGS)
    assert caught.value.exit_code == 78
    assert str(path) in caught.value.message


def test_a_file_that_is_not_text_is_a_config_error() -> None:
    write_user("").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="UTF-8"):
        config.load("oobo", SETTINGS)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[server]\nurl = 3\n", "server.url"),
        ('[limits]\ncount = "3"\n', "limits.count"),
        ("[limits]\ncount = true\n", "limits.count"),
        ("ignored = [1]\n", "ignored"),
        ('[server]\nsync = "yes"\n', "server.sync"),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_key_and_file(text: str, key: str) -> None:
    write_user(text)
    with pytest.raises(ConfigError, match=key):
        config.load("oobo", SETTINGS)


def test_a_wrong_environment_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOBO_SYNC", "perhaps")
    with pytest.raises(ConfigError, match="OOBO_SYNC"):
        config.load("oobo", SETTINGS)


@pytest.mark.parametrize(
    ("key", "raw", "said"),
    [
        ("limits.port", "70000", "limits.port must be a whole number from 0 to 65535, not '70000'"),
        ("limits.port", "-1", "from 0 to 65535"),
        ("limits.seconds", "-0.5", "limits.seconds must be a number of at least 0, not '-0.5'"),
        ("limits.seconds", "nan", "at least 0"),
        ("limits.seconds", "inf", "at least 0"),
    ],
)
def test_a_value_out_of_range_is_refused_when_it_is_set_and_when_it_is_read(
    key: str, raw: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=said):
        config.set_value("oobo", SETTINGS, key, raw)
    assert not paths.config_file("oobo").exists()
    path = write_user(f"[limits]\n{key.partition('.')[2]} = {raw}\n")
    with pytest.raises(ConfigError, match=f"{path}: {key} must be"):
        config.load("oobo", SETTINGS)
    config.set_value("oobo", SETTINGS, key, "1")
    assert config.load("oobo", SETTINGS)[key] == 1
    monkeypatch.setenv("OOBO_SECONDS", "-1")
    with pytest.raises(ConfigError, match="OOBO_SECONDS"):
        config.load("oobo", SETTINGS)


def test_set_keeps_every_other_value_of_the_file() -> None:
    path = write_user('[server]\nurl = "https://mine"\n[other]\nkept = [1, 2]\n')
    assert config.set_value("oobo", SETTINGS, "limits.count", "7") == 7
    body = tomllib.loads(path.read_text())
    assert body == {"server": {"url": "https://mine"}, "other": {"kept": [1, 2]}, "limits": {"count": 7}}


def test_set_of_an_unknown_key_says_which_are_known() -> None:
    with pytest.raises(UsageError) as caught:
        config.set_value("oobo", SETTINGS, "server.uri", "x")
    assert "server.url" in (caught.value.hint or "")


def test_set_refuses_to_touch_a_broken_file() -> None:
    path = write_user("= broken")
    with pytest.raises(ConfigError):
        config.set_value("oobo", SETTINGS, "limits.count", "7")
    assert path.read_text() == "= broken"


def test_open_ended_tables_are_merged_with_the_projects_entries_first(tmp_path: Path) -> None:
    write_user('[tools.a]\ncommand = "user"\n[tools.b]\ncommand = "b"\n')
    (tmp_path / ".oobo.toml").write_text('[tools.a]\ncommand = "project"\n')
    found = config.load("oobo", SETTINGS, project=tmp_path)
    assert found.table("tools") == {"a": {"command": "project"}, "b": {"command": "b"}}
    assert found.table("nothing") == {}


def test_unset_takes_out_one_value_and_the_tables_that_are_empty_without_it() -> None:
    path = write_user('[server]\nurl = "x"\n\n[limits]\ncount = "no number"\nport = 81\n')
    assert config.unset_value("oobo", SETTINGS, "limits.count"), "a value that cannot be used goes, too"
    assert config.unset_value("oobo", SETTINGS, "server.url")
    assert tomllib.loads(path.read_text()) == {"limits": {"port": 81}}
    assert not config.unset_value("oobo", SETTINGS, "server.url")
    with pytest.raises(UsageError, match=r"no setting 'server\.uri'"):
        config.unset_value("oobo", SETTINGS, "server.uri")


def test_unset_without_a_file_makes_none() -> None:
    assert not config.unset_value("oobo", SETTINGS, "server.url")
    assert not paths.config_file("oobo").exists()


def test_a_text_of_a_fixed_choice_is_refused_when_it_is_set_and_when_it_is_read() -> None:
    settings = (*SETTINGS, Setting("mode", "off", str, "switch", choices=("on", "off")))
    with pytest.raises(ConfigError, match=r"^mode must be on or off, not 'banana'\.$"):
        config.set_value("oobo", settings, "mode", "banana")
    assert not paths.config_file("oobo").exists()
    path = write_user('mode = "banana"\n')
    with pytest.raises(ConfigError, match=f"{path}: mode must be on or off"):
        config.load("oobo", settings)
    config.set_value("oobo", settings, "mode", "on")
    assert config.load("oobo", settings).text("mode") == "on"


def test_a_check_sees_the_new_value_and_the_tables_but_no_other_value_of_the_file() -> None:
    path = write_user('[server]\nurl = "wrong"\n[tools.a]\ncommand = "a"\n')

    def check(values: Config) -> None:
        assert values.table("tools") == {"a": {"command": "a"}} and values.text("server.url") == "https://example.org"
        if values.integer("limits.count") > 9:
            raise ConfigError("too many")

    config.set_value("oobo", SETTINGS, "limits.count", "9", check)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="too many"):
        config.set_value("oobo", SETTINGS, "limits.count", "10", check)
    assert path.read_bytes() == before


def test_keys_that_are_no_settings_are_found_wherever_they_stand() -> None:
    write_user(
        'ignored = ["x"]\ntop = 1\n[server]\nurl = "x"\nurll = "x"\n[limits.more]\ndeep = 1\n'
        '[empty]\n[tools.a]\ncommand = "a"\n'
    )
    body = config.read_toml(paths.config_file("oobo"))
    assert config.unknown_keys(body, SETTINGS, ["tools"]) == ["top", "server.urll", "limits.more.deep", "empty"]


def test_what_is_no_table_in_a_table_s_place_is_refused() -> None:
    write_user("tools = 3\n")
    with pytest.raises(ConfigError, match="tools must be a table, not 3"):
        config.load("oobo", SETTINGS).table("tools")


def test_set_and_unset_leave_comments_order_and_a_link_alone(tmp_path: Path) -> None:
    path = write_user("")
    path.unlink()
    target = tmp_path / "dotfiles.toml"
    target.write_text('# mine\n[server]  # where to\nurl = "x"  # home\n\n# later\n[limits]\ncount = 1\n')
    path.symlink_to(target)
    config.set_value("oobo", SETTINGS, "server.url", "y")
    config.set_value("oobo", SETTINGS, "limits.port", "81")
    config.unset_value("oobo", SETTINGS, "limits.count")
    assert path.is_symlink()
    assert target.read_text() == '# mine\n[server]  # where to\nurl = "y"  # home\n\n# later\n[limits]\nport = 81\n'
