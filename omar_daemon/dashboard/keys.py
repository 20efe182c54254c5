"""What the keys of the dashboard do: key names of textual, and the action of each."""

from __future__ import annotations

EVERYTHING = 1_000_000
ACTIONS = (
    ("up,k", "move(-1)"),
    ("down,j", "move(1)"),
    ("pageup", "page(-1)"),
    ("pagedown", "page(1)"),
    ("home,g", f"move(-{EVERYTHING})"),
    ("end,G", f"move({EVERYTHING})"),
    ("left,h", "fold(True)"),
    ("right,l", "fold(False)"),
    ("tab", "drill"),
    ("shift+tab,escape", "out"),
    ("slash", "find"),
    ("n", "spawn"),
    ("s", "send"),
    ("x", "interrupt"),
    ("d", "kill"),
    ("enter,a", "attach"),
    ("v", "zoom"),
    ("w", "wrap"),
    ("e", "events"),
    ("p", "projects"),
    ("r", "look"),
    ("S", "settings"),
    ("D", "log"),
    ("question_mark", "keys"),
    ("z", "leave"),
    ("Q,q,ctrl+c", "ask_to_leave"),
)
OWN = {action.split("(")[0] for _, action in ACTIONS}
"""The names of those actions, without their parameters."""
