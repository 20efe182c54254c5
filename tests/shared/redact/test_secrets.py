"""No secret of the listed kinds passes; no hash, UUID or id is eaten."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.redact import REDACTED, find_secrets, redact_keys, redact_text, redact_value
from tests.shared.redact import corpus, situations

LETTERS = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0fG"
HEX32 = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

PROVIDER_KEYS = [
    f"sk-ant-api03-{LETTERS}_x-{LETTERS}AA",
    f"sk-proj-{LETTERS}",
    f"sk-{LETTERS}{LETTERS}",
    f"sk-or-v1-{HEX32}{HEX32}",
    f"sk-oobo-v1-{LETTERS}",
    f"ghp_{LETTERS}abcd",
    f"gho_{LETTERS}abcd",
    f"ghs_{LETTERS}abcd",
    f"github_pat_11ABCDEFG0{LETTERS}_{LETTERS}",
    f"glpat-{LETTERS[:20]}",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    f"xoxb-123456789012-1234567890123-{LETTERS[:24]}",
    f"xoxp-123456789012-{LETTERS[:24]}",
    f"https://hooks.slack.com/services/T00000000/B00000000/{LETTERS[:24]}",
    f"sk_live_{LETTERS[:24]}",
    f"rk_test_{LETTERS[:24]}",
    f"whsec_{LETTERS}",
    f"AIzaSy{LETTERS}x",
    f"ya29.a0{LETTERS}",
    f"GOCSPX-{LETTERS[:28]}",
    f"npm_{LETTERS}abcd",
    f"pypi-AgEIcHlwaS5vcmc{LETTERS}",
    f"SG.{LETTERS[:22]}.{LETTERS}{LETTERS[:11]}",
    f"SK{HEX32}",
    f"1234567890:AAH{LETTERS}",
    f"hf_{LETTERS}ab",
    f"gsk_{LETTERS}{LETTERS[:20]}",
    f"dop_v1_{HEX32}{HEX32}",
    f"shpat_{HEX32}",
    f"dapi{HEX32}",
    f"glsa_{LETTERS}_0f1e2d3c",
    f"hvs.{LETTERS}",
    f"dckr_pat_{LETTERS[:27]}",
    f"oma_{LETTERS}{LETTERS}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{LETTERS}",
]

SENTENCES = [
    ("postgres://app:hunter2@db.example.com:5432/app", "hunter2"),
    ("postgres://app:p@ss/w:rd@db.example.com/app", "p@ss/w:rd"),
    ("https://x-access-token:tok3n123456@github.com/u/r.git", "tok3n123456"),
    ("https://tok3n1234567890@github.com/u/r", "tok3n1234567890"),
    ("redis://:s3cret@cache:6379/0", "s3cret"),
    ("amqp://guest:guest1@rabbit//", "guest1"),
    ("mongodb+srv://u:pw123@cluster0.mongodb.net", "pw123"),
    ("Server=db;User Id=sa;Password=P@ssw0rd!;Encrypt=true", "P@ssw0rd!"),
    ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abcdEFGH1234567890+/==;", "abcdEFGH1234567890+/=="),
    ("Authorization: Bearer abc", None),
    ("Authorization: Bearer abcdef123456", "abcdef123456"),
    ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("curl -H 'Authorization: token abc123def' https://api", "abc123def"),
    ('{"Authorization": "Bearer abcdef123456"}', "abcdef123456"),
    ("Proxy-Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ("X-Api-Key: abc123def456", "abc123def456"),
    ("Cookie: session=abc123def456; theme=dark", "abc123def456"),
    ("export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG"),
    ("DB_PASSWORD=hunter2", "hunter2"),
    ("PGPASSWORD=hunter2 psql -h db", "hunter2"),
    ('password = "correct horse battery"', "correct horse battery"),
    ("password: hunter2", "hunter2"),
    ("  'client_secret': 'abc123XYZ',", "abc123XYZ"),
    ("api_key: abc-123-def", "abc-123-def"),
    ("token => 'abc123def456'", "abc123def456"),
    ('const apiKey = "abc123def456";', "abc123def456"),
    ('{"db": {"password": "hunter2"}}', "hunter2"),
    ('{\\"password\\": \\"hunter2\\"}', "hunter2"),
    ('config["secret_key"] = "abc123def456"', "abc123def456"),
    ("SIGNING=Zm9vYmFyMTIzQUJDZGVmNDU2Nzg5", "Zm9vYmFyMTIzQUJDZGVmNDU2Nzg5"),
    ("machine api.example.com login ada password s3cr3t", "s3cr3t"),
    ("machine api.example.com\n  login ada\n  password s3cr3t\n", "s3cr3t"),
    ("default login ada password s3cr3t", "s3cr3t"),
    ("mysql -uroot -ps3cr3t app", "s3cr3t"),
    ("mysqldump -h db -p's3cr3t' app", "s3cr3t"),
    ("curl -u ada:s3cr3t https://x", "ada:s3cr3t"),
    ("curl --user ada:s3cr3t https://x", "ada:s3cr3t"),
    ("curl -s -uada:s3cr3t https://x", "ada:s3cr3t"),
    ("tool --password s3cr3t", "s3cr3t"),
    ("tool --password=s3cr3t --verbose", "s3cr3t"),
    ("tool --api-key 'abc123'", "abc123"),
    ("docker login -u ada -p s3cr3t registry", "s3cr3t"),
    ("sshpass -p s3cr3t ssh host", "s3cr3t"),
    ("redis-cli -a s3cr3t ping", "s3cr3t"),
]

HARMLESS = [
    "commit 151dec82a32c458741d00608d4e8f5158802d1eb",
    "151dec82a32c458741d00608d4e8f5158802d1eb..4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "tree = 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256 = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "git checkout 151dec8",
    "session_id: 3f2b7a10-1111-4222-8333-123456789abc",
    "request = 'A3F2B7A1-1111-4222-8333-123456789ABC'",
    '"tool_use_id": "toolu_01AbCdEfGhIjKlMnOpQrStUv"',
    "id=msg_01XFDUDYJgAACzvnptvVoYEL",
    "session = ses_5f2b7a101111AbCdEfGhIjKl",
    "call_id: call_AbCdEfGhIjKlMnOpQrStUvWx",
    "max_tokens: 4096, input_tokens=15000, tokens: 12.5K",
    "token = get_token()",
    "password = getpass.getpass()",
    "password = os.environ['DB_PASSWORD']",
    "api_key: process.env.API_KEY",
    "secret=$SECRET token=${TOKEN}",
    "def login(password: str, token: Optional[str] = None): ...",
    "password: string;",
    "if token == expected:",
    "the password is wrong, ask for a token",
    "ssh://git@github.com/user/repo.git",
    "git@github.com:user/repo.git",
    "https://github.com/user/repo/pull/12#issuecomment-1234567890",
    "http://localhost:9876/api/agents",
    "tool --token-file /etc/token --no-auth",
    "cp -p a b; mkdir -p x/y/z",
    "from shared.redact.secrets import find_secrets",
    "x = some_module.SomeLongClassName2.method_name_with_digits3",
    "path = src/components/Button2/ButtonContainerView.tsx",
    "basic authentication is described below",
    "bearer tokens are compared in constant time",
    "password: ********",
    "token: <your token>",
    "Authorization: [REDACTED]",
]


@pytest.mark.parametrize("key", PROVIDER_KEYS)
@pytest.mark.parametrize("around", ["{}", "key {} end", '"{}"', "a={};", "\\n{}\\n", "({})", "`{}`,"])
def test_a_providers_key_is_seen_in_every_surrounding(key: str, around: str) -> None:
    redacted = redact_text(around.format(key))
    assert key not in redacted and key[8:-4] not in redacted


@pytest.mark.parametrize(
    ("text", "secret"), [*(pair for pair in SENTENCES if pair[1]), *corpus.SECRETS, *situations.SECRETS]
)
def test_a_secret_told_by_its_surroundings_is_taken(text: str, secret: str) -> None:
    redacted = redact_text(text)
    assert secret not in redacted
    assert REDACTED in redacted


@pytest.mark.parametrize("text", [*HARMLESS, *corpus.HARMLESS, *situations.HARMLESS])
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "])
@pytest.mark.parametrize("newline", ["\n", "\\n", "\r\n"])
def test_a_private_key_is_taken_whole(kind: str, newline: str) -> None:
    lines = [f"-----BEGIN {kind}PRIVATE KEY-----", LETTERS, LETTERS, f"-----END {kind}PRIVATE KEY-----"]
    text = f"before {newline.join(lines)} after"
    assert redact_text(text) == f"before {REDACTED} after"


def test_a_private_key_that_is_cut_off_is_taken_to_the_end() -> None:
    assert redact_text(f"x -----BEGIN PRIVATE KEY-----\n{LETTERS}") == f"x {REDACTED}"


def test_the_words_around_a_secret_stay() -> None:
    assert redact_text("mysql -uroot -ps3cr3t app") == f"mysql -uroot -p{REDACTED} app"
    assert redact_text('a = 1\npassword = "x1y2"\nb = 2') == f'a = 1\npassword = "{REDACTED}"\nb = 2'


def test_every_string_of_a_json_value_is_looked_at_and_names_count() -> None:
    value = {
        "text": f"ghp_{LETTERS}",
        "list": [{"password": "hunter2", "user": "ada"}, None, 3, True],
        "max_tokens": "4096",
        "token": "abc123def456",
        f"ghp_{LETTERS}": "key of a dictionary",
    }
    found = redact_value(value)
    assert found["text"] == REDACTED
    assert found["list"] == [{"password": REDACTED, "user": "ada"}, None, 3, True]
    assert (found["max_tokens"], found["token"]) == ("4096", REDACTED)
    assert LETTERS not in json.dumps(found)


def test_findings_tell_rule_and_place() -> None:
    text = f"x ghp_{LETTERS} y password=hunter2"
    first, second = find_secrets(text)
    assert (first.rule, text[first.start : first.end]) == ("github token", f"ghp_{LETTERS}")
    assert text[second.start : second.end] == "hunter2"


def test_redacting_twice_is_redacting_once() -> None:
    for text, _ in [*SENTENCES, *corpus.SECRETS, *situations.SECRETS]:
        once = redact_text(text)
        assert redact_text(once) == once


@given(st.from_regex(r"\A[0-9a-f]{40}\Z|\A[0-9a-f]{64}\Z"), st.uuids())
@settings(max_examples=200, deadline=None)
def test_no_commit_hash_and_no_uuid_is_ever_eaten(commit: str, identity: object) -> None:
    text = f"commit {commit} of session_id={identity}, id: {commit}; parent = '{commit}' ({identity})"
    assert redact_text(text) == text


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        # Such a name says secret, and `openssl rand -hex 32` looks like a SHA-256.
        (f"api_token={corpus.HEX40}", True),
        (f"SECRET_KEY='{corpus.HEX32}{corpus.HEX32}'", True),
        (f"password: {corpus.HEX40}", True),
        (f"tool --token {corpus.HEX40}", True),
        (f"commit = {corpus.HEX40}", False),
        (f"tree: {corpus.HEX40}", False),
        (f"CACHE_KEY={corpus.HEX40}", False),
        ("session_token: 3f2b7a10-1111-4222-8333-123456789abc", False),
        ("api_key=3f2b7a10-1111-4222-8333-123456789abc", False),
        ("client_secret=3f2b7a10-1111-4222-8333-123456789abc", True),
    ],
)
def test_a_hash_or_uuid_is_taken_only_where_the_name_leaves_no_doubt(text: str, taken: bool) -> None:
    assert (redact_text(text) != text) is taken


def test_only_keys_that_tell_by_their_form_are_taken_from_names() -> None:
    assert redact_keys(f"fix/ghp_{LETTERS}-password=abc123") == f"fix/{REDACTED}-password=abc123"
    assert redact_keys("src/token=abc123.py") == "src/token=abc123.py"


def test_a_value_whose_name_stands_beside_it_is_hidden() -> None:
    assert redact_value({"name": "DB_PASSWORD", "value": "hunter2"})["value"] == REDACTED
    assert redact_value({"name": "COLOUR", "value": "red"})["value"] == "red"


def test_a_mention_of_a_private_key_does_not_take_what_follows() -> None:
    text = 'if "-----BEGIN PRIVATE KEY-----" in text:\n    return None\n# the rest of the file stays'
    assert redact_text(text).endswith("# the rest of the file stays")


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_comes_through_without_an_error(text: str) -> None:
    redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000,
        "password=" * 30_000,
        "curl " * 60_000,
        "-----BEGIN " * 20_000,
        "https://" * 30_000,
        '"' * 200_000,
        "a.b-c_" * 50_000,
        "eyJ" * 100_000,
        "sk-" * 100_000,
        "--token=" * 40_000,
        "A_KEY=" * 50_000,
        "pass:" * 60_000,
        "password: str = " * 20_000,
        "authorization: digest " * 15_000,
        "curl 'a" * 40_000,
        "-----BEGIN PRIVATE KEY-----" * 10_000,
        "://" * 100_000,
        "machine a login b " * 15_000,
        "\x1b[0m" * 60_000,
        "\x1b]" * 60_000,
        "password is " * 20_000,
        "password for a b c d " * 15_000,
        "kind: secret\ndata:\n  a: b\n" * 8_000,
        "passwords = ['" * 20_000,
        'variable "password" {' * 15_000,
        "| password " * 25_000,
        "a:5432:b:c:" * 25_000,
        "https://a: b" * 20_000,
        "openssl passwd -x " * 15_000,
        "htpasswd -b " * 20_000,
        "dXNlcjpwYXNz" * 20_000,
        "aB3/" * 60_000,
        "<password> " * 25_000,
        "-H 'X-Key: a" * 20_000,
        "cookie: a=" * 25_000,
        "insert into t (password) values ('a', " * 8_000,
        "password' || 'a" * 20_000,
        ".fill('password" * 20_000,
        "password') .type('" * 20_000,
        'password = "a" + ' * 20_000,
        "<input type='password' " * 15_000,
        "put-parameter --value " * 15_000,
        "curl a:b " * 25_000,
        "passphrase is a b " * 20_000,
        "pass: word\n" * 30_000,
    ],
)
def test_no_text_makes_it_slow(text: str) -> None:
    started = time.process_time()
    redact_text(text)
    assert time.process_time() - started < 6
