"""The sandbox of a session: its directory on this machine, and programs that run in it apart from the rest."""
