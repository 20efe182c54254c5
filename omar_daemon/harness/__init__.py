"""What makes a session work: its log and streams, its turns with a model, its tools in a sandbox."""
