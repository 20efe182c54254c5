"""One module per verb of `omas`; each `run` takes typed keywords and returns an exit code."""
