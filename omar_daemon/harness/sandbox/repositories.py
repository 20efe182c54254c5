"""Repositories of a session, cloned into its workspace by git. The token reaches git by its environment only."""

from __future__ import annotations

import base64
import logging
import os
import shutil
import subprocess
from typing import Any

from omar_daemon.harness.sandbox.layout import Layout
from omar_daemon.store.managed import secrets
from omar_daemon.store.managed.documents import Document
from shared import durable

log = logging.getLogger("omar.harness")
PURPOSE = "repository token"
_SECONDS = 300


def place_repositories(layout: Layout, session: Document) -> list[tuple[str, str]]:
    """Clone what is not there yet; returns address and reason for each repository that could not be cloned."""
    problems: list[tuple[str, str]] = []
    for resource in session.body["resources"]:
        if resource["type"] == "github_repository":
            problem = _place(layout, resource)
            if problem is not None:
                problems.append((resource["url"], problem))
    return problems


def _place(layout: Layout, resource: dict[str, Any]) -> str | None:
    place = layout.host_path(resource["mount_path"])
    if place.exists() or not place.is_relative_to(layout.root):
        return None
    if not place.resolve().is_relative_to(layout.root.resolve()):
        # No tool runs yet, so what is true now stays true while git works.
        return "a link leads out of the sandbox"
    durable.private_dir(place.parent)
    environment = _environment(resource)
    line = ["git", "clone", "--quiet", "--", resource["url"], str(place)]
    problem = _git(line, environment) or _check_out(resource, str(place), environment)
    if problem is not None:
        shutil.rmtree(place, ignore_errors=True)
        (layout.root / "workspace").mkdir(exist_ok=True)
        log.warning("cloning %s failed: %s", resource["url"], problem)
    return problem


def _check_out(resource: dict[str, Any], place: str, environment: dict[str, str]) -> str | None:
    checkout = resource.get("checkout") or {}
    wanted = checkout.get("name") or checkout.get("sha")
    if wanted is None:
        return None
    return _git(["git", "-C", place, "checkout", "--quiet", wanted, "--"], environment)


def _git(line: list[str], environment: dict[str, str]) -> str | None:
    """None when git succeeds, else what it said last."""
    try:
        done = subprocess.run(
            line,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"git did not end within {_SECONDS} s"
    except OSError as error:
        return f"git cannot be started: {error.strerror}"
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["unknown reason"])[-1]


def _environment(resource: dict[str, Any]) -> dict[str, str]:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "http:https",
    }
    if resource.get("sealed_token"):
        token = secrets.open_sealed(resource["sealed_token"], purpose=PURPOSE, owner=resource["id"])
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        # By the environment, not by argv or the URL: neither the process list nor .git/config shows it.
        environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{resource['url']}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {basic}",
        }
    return environment
