"""The rule set `formula_version = 1` (contract: Scores), from a session's log to its numbers."""
