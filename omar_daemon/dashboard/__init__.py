"""`omar` on a terminal: the agents as a tree, the chosen one's screen, events and projects, all over HTTP."""
