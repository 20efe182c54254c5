"""Scheduled messages to agents: durable, in batches, recurring without drift, never dropped silently (seed 002)."""
