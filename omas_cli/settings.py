"""The settings of `omas`."""

from __future__ import annotations

from shared.config import Setting

LOCAL = "local"
DEFAULT_SERVER = "https://api.omas.dev"

SETTINGS = (
    Setting(
        "server.url",
        DEFAULT_SERVER,
        str,
        "where scores are uploaded; `local` is the daemon of this machine",
        env="OMAS_API_URL",
    ),
    Setting(
        "auth.github_client_id",
        "",
        str,
        "OAuth app for `auth login` by GitHub; without it the server's own login is used",
        env="OMAS_GITHUB_CLIENT_ID",
    ),
    Setting(
        "auth.github_url", "https://github.com", str, "GitHub's address, for GitHub Enterprise", env="OMAS_GITHUB_URL"
    ),
    Setting(
        "upload.backoff_seconds",
        15.0,
        float,
        "wait after the first failed upload; doubled by each further one",
        least=0,
        most=86400,
    ),
    Setting("scan.processes", 0, int, "processes that read logs at once; 0 is one per processor, at most 8", least=0),
)


def settings() -> tuple[Setting, ...]:
    return SETTINGS
