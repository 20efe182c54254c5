"""Anchors in git itself: the orphan branch `oobo/anchors/v1`, one `ab/cdef…/metadata.json` per commit.

`local.write` puts this machine's anchors on the branch, `exchange.exchange` meets the remote's branch (only
`oobo sync --git` does that). Only plumbing is used, so neither index nor worktree nor hooks are touched, and every
change of a ref names the value it replaces: of two writers the later one sees that, and tries again.
"""

from __future__ import annotations

REF = "refs/heads/oobo/anchors/v1"
