"""Reading AI logs into the ledger: what changed, in parallel where it pays, nothing lost on interruption."""
