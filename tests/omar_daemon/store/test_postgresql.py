"""The daemon's store on PostgreSQL: a real server, where its programs are installed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

import omar_daemon.store
from omar_daemon.store import rooms
from omar_daemon.store.engine import Store, open_store
from omar_daemon.store.managed import events, memory, sessions
from omar_daemon.store.managed.memory import Author
from omar_daemon.store.prepared import Prepared
from omar_daemon.store.schema import metadata
from shared import paths
from shared.errors import ConfigError
from tests.daemon import Daemon
from tests.fakes.model_process import running_model
from tests.omar_daemon.anchors_api.test_ingest import event as anchor_event
from tests.omar_daemon.managed_api import test_official_sdk as official
from tests.omar_daemon.managed_stage import Stage
from tests.omar_daemon.metrics_api.test_metrics_api import EXAMPLE
from tests.omar_daemon.store.postgresql_server import PostgresqlServer, programs, running_postgresql

BINARIES = programs()
pytestmark = pytest.mark.skipif(BINARIES is None, reason="PostgreSQL is NOT TESTED: no server is installed")
ME = Author(api_key_id="key_me")
assert rooms


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    assert BINARIES is not None
    with running_postgresql(BINARIES) as running:
        yield running


@pytest.fixture
def store(server: PostgresqlServer, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(server.database(), tmp_path / "unused")
    yield opened
    opened.close()


def test_the_migrations_lead_to_the_same_schema_as_the_metadata(server: PostgresqlServer, tmp_path: Path) -> None:
    engine = sqlalchemy.create_engine(server.database())
    config = Config()
    config.set_main_option("script_location", str(Path(omar_daemon.store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_known_to_the_metadata})
        assert compare_metadata(context, metadata) == []
        assert _text_indexes(connection) == 1
    open_store(engine.url.render_as_string(hide_password=False), tmp_path / "unused").close()
    engine.dispose()


def _is_known_to_the_metadata(name: str | None, kind: str, _parents: object) -> bool:
    # An index over an expression is made by a statement of its own.
    return not (kind == "index" and name == "ix_managed_memories_text")


def _text_indexes(connection: sqlalchemy.Connection) -> Any:
    found = sqlalchemy.text("SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_managed_memories_text'")
    return connection.execute(found).scalar()


def test_events_that_many_append_at_once_are_numbered_without_a_gap(store: Store) -> None:
    agent = {"id": "agent_x", "version": 1}
    body = {"agent": agent, "environment_id": "env_x", "resources": []}
    with store.write() as connection:
        session = sessions.create(connection, body).id

    def append(number: int) -> None:
        for step in range(25):
            text = {"type": "text", "text": f"{number}/{step}\0"}
            with store.write() as connection:
                events.append(connection, session, [{"type": "system.message", "content": [text]}] * 2)

    at_once(append, 8)
    with store.read() as connection:
        log = events.read(connection, session)
    assert [event.seq for event in log] == list(range(1, 401))
    assert log[0].value["content"][0]["text"].endswith("\0")


def test_a_number_that_is_taken_is_the_error_the_journal_knows(store: Store) -> None:
    row = {"session_id": "s", "seq": 1, "id": "sevt_a", "type": "t", "created_at": 2**50, "answers": None, "data": "%s"}
    insert = Prepared(events.events.insert())
    with store.write() as connection:
        insert.rows(connection, row)
    with pytest.raises(IntegrityError), store.write() as connection:
        insert.rows(connection, row)
    with store.read() as connection:
        assert [event.data for event in events.read(connection, "s")] == ["%s"]


def test_memories_are_searched_as_in_sqlite_and_listed_by_code_point(store: Store, tmp_path: Path) -> None:
    lite = open_store("", tmp_path / "omar.db")
    for each in (store, lite):
        with each.write() as connection:
            for path in ("/b", "/B", "/a-b", "/ab", "/a/b", "/trains and ships", "/é", "/漢字を検索🙂"):
                memory.create(connection, "store", path, f"Notes: the quick foxes jumped over {path}.", ME)
            memory.create(connection, "other", "/b", "fox", ME)
    questions = (
        "fox jumping",
        "TRAINS",
        "'; DROP TABLE x --",
        '"fox" & | ! <-> :*',
        "漢字",
        "検索 nothing",
        "🙂",
        "ver /TRAINS",
        "50% \0",
        "\\",
        "a" * 4000,
        "x " * 2000,
    )
    for question in questions:
        with store.read() as here, lite.read() as there:
            found, expected = (memory.search(each, "store", question, 20) for each in (here, there))
        assert {row.columns["path"] for row, _ in found} == {row.columns["path"] for row, _ in expected}, question
    listed = []
    with store.read() as connection:
        while page := memory.below(connection, "store", after=listed[-1] if listed else None, limit=1):
            listed += [row.columns["path"] for row in page]
    assert listed == sorted(listed)
    assert len(listed) == 8
    lite.close()


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("postgresql+psycopg://oma:canary@127.0.0.1:1/oma", "cannot be used"),
        ("no url:canary", "is not a database URL"),
        ("postgresql+nothing://canary@/x", "is not a database URL"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_sentence_without_the_password(
    tmp_path: Path, url: str, complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        open_store(url, tmp_path / "unused")
    assert "canary" not in str(caught.value)


@pytest.fixture
def daemon(server: PostgresqlServer, home: Path) -> Iterator[Daemon]:
    config = paths.config_file("omar")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f'[server]\ndatabase_url = "{server.database()}"\n')
    config.chmod(0o600)
    with Daemon() as running:
        yield running
        assert " ERROR " not in running.log
    assert not paths.daemon_database().exists()


def test_the_daemon_serves_the_official_sdk_anchors_and_scores_from_it(daemon: Daemon, tmp_path: Path) -> None:
    key = daemon.key("managed", "anchors", "metrics")
    with (
        running_model(tmp_path / "model", {"turns": [{"text": "Hello to you."}]}) as model,
        httpx.Client(base_url=daemon.url, headers={"x-api-key": key}, timeout=30, trust_env=False) as http,
        anthropic.Anthropic(base_url=daemon.url, api_key=key, max_retries=0) as sdk,
    ):
        stage = Stage(http, model)
        official.use_agents(sdk.beta)
        official.use_environments(sdk.beta)
        official.use_files(sdk.beta)
        official.use_skills(sdk.beta)
        official.use_vaults(sdk.beta)
        official.use_memory(sdk.beta)
        official.use_sessions(sdk.beta, stage)
        refuses_what_no_text_column_takes(http)
        one_of_many_takes_a_name(http)
        keeps_each_anchor_once(http)
        keeps_each_score_once(http)


def refuses_what_no_text_column_takes(http: httpx.Client) -> None:
    session = http.get("/v1/sessions").json()["data"][0]["id"]
    result = {"type": "user.custom_tool_result", "custom_tool_use_id": "a\0"}
    asked = [
        http.get("/v1/agents/a%00b"),
        http.get("/v1/sessions?agent_id=%00"),
        http.get("/v1/agents?page=eyJ0IjoxLCJpIjoiXHUwMDAwIn0"),
        http.post("/v1/sessions", json={"agent": "a\0", "environment_id": "e"}),
        http.post("/v1/files", json={"filename": "a", "content": "", "session_id": "a\0"}),
        http.post(f"/v1/sessions/{session}/events", json={"events": [result]}),
    ]
    assert [answer.status_code for answer in asked] == [400, 400, 400, 400, 404, 400]


def one_of_many_takes_a_name(http: httpx.Client) -> None:
    card = {"model_id": "wanted", "provider": "oai-compatible", "api_key": "k", "base_url": "http://127.0.0.1:9"}
    statuses: list[int] = []
    at_once(lambda _: statuses.append(http.post("/v1/model_cards", json=card).status_code), 6)
    assert sorted(statuses) == [201, 409, 409, 409, 409, 409]


def keeps_each_anchor_once(http: httpx.Client) -> None:
    statuses: list[int] = []
    at_once(lambda _: statuses.append(http.post("/anchors/ingest", json=anchor_event()).status_code), 6)
    assert sorted(statuses)[1:] == [409] * 5
    (kept,) = http.get("/anchors").json()["anchors"]
    assert kept["commit_hash"] == "a" * 40


def keeps_each_score_once(http: httpx.Client) -> None:
    statuses: list[int] = []
    body = {"sessions": [EXAMPLE]}
    at_once(lambda _: statuses.append(http.post("/api/v1/metrics/upload", json=body).status_code), 6)
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]
    assert len(http.get("/api/v1/metrics/me").json()["sessions"]) == 1


def at_once(work: Callable[[int], None], threads: int) -> None:
    """`work` in many threads; the first failure is raised."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failures:
        raise failures[0]
