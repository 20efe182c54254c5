"""The local store `~/.oobo/oobo.db`: repositories, anchors, what edits they took, and the outbox (SQLite)."""
