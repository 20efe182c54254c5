"""Sending scores without losing or doubling one: the queue file, the answers' meanings, and the run."""
