"""Health is the first rule that fits."""

from __future__ import annotations

from typing import Any

import pytest

from omar_daemon.fleet.health import Health, Signs, Thresholds, decide

CALM: dict[str, Any] = {"dead": False, "question": False, "error": False, "idle_seconds": 20.0, "had_task": False}


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ({}, "idle"),
        ({"idle_seconds": 15.0}, "working"),
        ({"idle_seconds": 15.1}, "idle"),
        ({"idle_seconds": 301.0}, "idle"),
        ({"idle_seconds": 301.0, "had_task": True}, "stuck"),
        ({"idle_seconds": 300.0, "had_task": True}, "idle"),
        ({"error": True}, "stuck"),
        ({"error": True, "idle_seconds": 14.0}, "working"),
        ({"question": True, "idle_seconds": 1.0}, "waiting"),
        ({"question": True, "error": True, "idle_seconds": 900.0, "had_task": True}, "waiting"),
        ({"dead": True, "question": True, "idle_seconds": 1.0}, "dead"),
        ({"reported": "waiting", "idle_seconds": 1.0}, "waiting"),
        ({"reported": "busy", "question": True, "idle_seconds": 100.0}, "working"),
        ({"reported": "busy", "idle_seconds": 1000.0, "had_task": True, "error": True}, "working"),
        ({"reported": "idle", "idle_seconds": 1.0}, "idle"),
        ({"reported": "idle", "idle_seconds": 1000.0, "had_task": True}, "stuck"),
        ({"reported": "waiting", "dead": True}, "dead"),
        ({"done": True, "error": True, "idle_seconds": 1000.0, "had_task": True}, "idle"),
    ],
)
def test_the_first_rule_that_fits_decides(signs: dict[str, Any], expected: Health) -> None:
    assert decide(Signs(**{**CALM, **signs}), Thresholds()) == expected


def test_the_thresholds_are_the_configured_ones() -> None:
    assert decide(Signs(**{**CALM, "idle_seconds": 3.0}), Thresholds(working=2.0, stuck=10.0)) == "idle"
