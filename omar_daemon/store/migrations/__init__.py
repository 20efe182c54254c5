"""The schema's history. `python -m omar_daemon.store.migrations "what changed"` writes the next step.

A new database is made from the metadata at once and stamped with the newest revision; a test holds both ways
against each other.
"""
