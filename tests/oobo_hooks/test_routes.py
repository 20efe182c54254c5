"""Repositories with servers of their own: each event goes to its own server, with that server's key and no other."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from omar_daemon.drain import is_due
from oobo_hooks import settings
from oobo_hooks.hook.worker import Worker
from oobo_hooks.store import anchors, database, outbox
from shared import config, paths
from tests.oobo_hooks.anchor_server import AnchorServer, Reply, anchor_server
from tests.oobo_hooks.scene import Repository, oobo, oobo_json

MINE = "my-own-key-0123456789"
THEIRS = "the-companys-key-0123456789"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def company() -> Iterator[AnchorServer]:
    with anchor_server() as made:
        yield made


@pytest.fixture
def diary(tmp_path: Path) -> Repository:
    """A repository without settings of its own; the user's server is not there."""
    users_server(NOWHERE)
    return made(tmp_path / "diary")


@pytest.fixture
def app(tmp_path: Path, company: AnchorServer) -> Repository:
    """The company's repository, whose settings name the company's server."""
    repository = made(tmp_path / "app")
    own_settings(repository, f'[server]\nurl = "{company.url}"\napi_key = "{THEIRS}"\nsync = true\n')
    return repository


def users_server(url: str, key: str = MINE) -> None:
    for name, value in (("url", url), ("api_key", key), ("sync", "true")):
        config.set_value("oobo", settings.SETTINGS, f"server.{name}", value)


def made(path: Path) -> Repository:
    repository = Repository(path)
    repository.in_background = False
    repository.install()
    return repository


def own_settings(repository: Repository, body: str) -> None:
    repository.state_dir.mkdir(exist_ok=True)
    (repository.state_dir / ".oobo.toml").write_text(body)


def work_and_send(repository: Repository) -> None:
    Worker(repository.state_dir, linger=0.0, settle=0.0).run()


def let_all_be_due() -> None:
    with database.opened() as connection:
        outbox.retry(connection, None)
        outbox.resume(connection)


def arrived(server: AnchorServer) -> list[tuple[str, str]]:
    """Project and key of what was sent, in order."""
    keys = [headers["Authorization"] for _, _, headers in server.requests]
    return [(event["project"]["name"], key) for event, key in zip(server.events, keys, strict=True)]


def left() -> list[outbox.Item]:
    with database.opened() as connection:
        return outbox.items(connection)


def test_one_repositorys_worker_leaves_the_others_events_alone(
    diary: Repository, app: Repository, company: AnchorServer
) -> None:
    diary.commit("secret plans")
    work_and_send(diary)
    let_all_be_due()
    app.commit("work")
    work_and_send(app)
    assert arrived(company) == [("app", f"Bearer {THEIRS}")]
    (item,) = left()
    assert item.commit_hash == diary.head


def test_a_worker_started_by_way_of_a_symlink_finds_its_route(app: Repository, company: AnchorServer) -> None:
    link = app.path.with_name("link")
    link.symlink_to(app.path)
    app.commit()
    Worker(link / ".git" / "oobo", linger=0.0, settle=0.0).run()
    assert (len(company.events), left()) == (1, [])


def test_sync_sends_each_to_its_own_server_with_its_own_key(
    diary: Repository, app: Repository, company: AnchorServer
) -> None:
    for repository in (diary, app):
        repository.commit()
        repository.work()
    with anchor_server() as mine:
        users_server(mine.url)
        assert "2 sent" in oobo("sync", cwd=app.path).stderr
        assert arrived(mine) == [("diary", f"Bearer {MINE}")], "the user's server has moved, and what waited with it"
    assert arrived(company) == [("app", f"Bearer {THEIRS}")]


def test_a_pause_closes_one_way_and_the_list_shows_where_each_goes(
    diary: Repository, app: Repository, company: AnchorServer
) -> None:
    company.script = lambda _event: Reply(403, {"message": "revoked"}, keep=False)
    for repository in (diary, app):
        repository.commit()
        repository.work()
    with anchor_server() as mine:
        users_server(mine.url)
        told = oobo("sync", code=77)
        assert f"sync to {company.url} is paused" in told.stderr
        assert len(mine.events) == 1
        shown = oobo_json("outbox", "list")
        assert [item["destination"] for item in shown["items"]] == [company.url]
        assert "paused" in oobo("outbox", "list").stdout
        assert not is_due(paths.oobo_database(), time.time())
        diary.commit()
        diary.work()
        assert [item["destination"] for item in oobo_json("outbox", "list")["items"]] == [company.url, mine.url]
        assert is_due(paths.oobo_database(), time.time())
        oobo("sync", "--due", "--quiet", code=None)
        assert (len(mine.events), len(company.requests)) == (2, 1)


def test_a_server_of_one_shell_gets_what_that_shell_made_and_no_key_of_a_file(
    diary: Repository, company: AnchorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary.commit("before")
    work_and_send(diary)
    let_all_be_due()
    monkeypatch.setenv("OOBO_SERVER_URL", company.url)
    diary.commit("without a key")
    work_and_send(diary)
    oobo("sync", code=None)
    assert company.requests == []
    monkeypatch.setenv("OOBO_SECRET_KEY", THEIRS)
    diary.commit("in the shell")
    work_and_send(diary)
    assert [event["anchor"]["commit_hash"] for event in company.events] == [diary.head]
    oobo("sync", code=75)
    assert arrived(company) == [("diary", f"Bearer {THEIRS}")]


def test_the_users_key_is_not_for_the_server_that_a_repository_names(
    diary: Repository, company: AnchorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_settings(diary, f'[server]\nurl = "{company.url}"\n')
    assert settings.server(settings.load(diary.state_dir)).key is None
    monkeypatch.setenv("OOBO_SECRET_KEY", MINE)
    assert settings.server(settings.load(diary.state_dir)).key is None
    assert settings.server(settings.load()).key == MINE


def test_what_a_deleted_repository_left_waits_without_another_key(
    diary: Repository, app: Repository, company: AnchorServer
) -> None:
    app.commit()
    app.work()
    shutil.rmtree(app.path)
    assert f"no key for {company.url}" in oobo("sync", code=77).stderr
    (item,) = left()
    assert (company.requests, item.attempts, item.last_error) == ([], 0, f"There is no key for {company.url}.")


def test_what_was_held_for_want_of_a_key_goes_out_with_the_login(
    diary: Repository, app: Repository, company: AnchorServer
) -> None:
    app.commit()
    app.work()
    own_settings(app, f'[server]\nurl = "{company.url}"\n')
    oobo("sync", code=77)
    diary.commit()
    diary.work()
    with anchor_server() as mine:
        told = oobo("auth", "login", "--server", mine.url, "--key-stdin", stdin="good-key-0123456789\n")
        assert "1 event of 2 that waited are sent" in told.stderr
        assert [event["project"]["name"] for event in mine.events] == ["diary"]
    own_settings(app, f'[server]\nurl = "{company.url}"\napi_key = "{THEIRS}"\nsync = true\n')
    app.commit("more")
    work_and_send(app)
    assert [key for _, key in arrived(company)] == [f"Bearer {THEIRS}"] * 2


def test_settings_of_one_repository_that_cannot_be_read_keep_back_only_its_own(
    diary: Repository, app: Repository, company: AnchorServer
) -> None:
    broken = diary.path.parent / "broken"
    other = made(broken)
    with anchor_server() as mine:
        users_server(mine.url)
        config.set_value("oobo", settings.SETTINGS, "transparency.mode", "on")
        for repository in (other, diary, app):
            repository.commit()
            repository.work()
        own_settings(other, "[server\n")
        other.commit("not read")
        assert "not valid TOML" in oobo("sync", "--dry-run").stderr
        oobo("sync", code=75)
        assert [event["project"]["name"] for event in mine.events] == ["diary"]
        (item,) = left()
        assert item.last_error is not None and "not valid TOML" in item.last_error
        own_settings(other, "")
        oobo("sync")
        assert [event["project"]["name"] for event in mine.events] == ["diary", "broken", "broken"]
    assert len(company.events) == 1


def test_an_older_store_is_brought_up_to_date_and_what_waits_goes_to_the_users_server() -> None:
    file = paths.oobo_database()
    file.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(database._STEPS[1] + "PRAGMA user_version = 1")
        connection.execute("INSERT INTO outbox (event, once, body, queued_at) VALUES ('git.commit', 'x', '{}', 0)")
        connection.commit()
    assert is_due(file, time.time()), "the process that is started brings the store up to date"
    with database.opened() as connection:
        (item,) = outbox.items(connection)
        assert (item.destination, item.route) == ("", outbox.USERS_SERVER)
        assert outbox.next_due(connection, after=0, ignore_times=False) == item
        assert connection.execute("PRAGMA user_version").fetchone()[0] == database.VERSION
        assert anchors.list_repositories(connection) == []
    assert json.loads(oobo("outbox", "list", "--json").stdout)["items"][0]["destination"] == "https://api.oobo.ai"
