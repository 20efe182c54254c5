"""What the agents' own hooks record, and putting those hooks into the agents' settings.

An agent (Claude Code, Codex, Cursor, Gemini, opencode) runs `record.py` at each of its events, with JSON on stdin. It
appends one line to `<git-common-dir>/oobo/agents/<tool>-<session>.jsonl`, of the repository that the edited file (else
the working directory) lies in. Every line has `event` and `at` (milliseconds):

    {"event":"session", "tool", "session", "cwd", "transcript"?, "model"?}       the first line, and at every start
    {"event":"before", "call", "path", "worktree", "blob"}                       a file just before a tool edits it
    {"event":"edit", "call", "name", "path", "worktree", "blob", "before"?, "partial"?, "agent"?}    and just after
    {"event":"tool", "call", "name", "ok", "agent"?}                             a finished tool call
    {"event":"subagent", "id", "kind"}                                           one was started
    {"event":"compaction"}
    {"event":"end"}

`path` is relative to `worktree`, `blob` is git's name for the file's bytes (null: no file, or larger than 4 MB), whose
content is kept compressed in `agents/blobs/`. `before` stands in an `edit` itself when the tool tells only afterwards;
with `partial` the two blobs are only the passages that changed. `agent` is the id of a sub-agent.

Codex does not tell the end of a patch that went through its shell: such an edit stands in `….jsonl.open` until the
session's next event shows what became of the file.

`records.read_records(state_dir)` reads all of that; nobody else needs to know the lines. Files of sessions that were
silent for two weeks are deleted when the next one starts.
"""
