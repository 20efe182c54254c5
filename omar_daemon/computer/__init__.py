"""Computer use on X11: one lock, screenshots by mss, mouse and keyboard by the XTest extension.

The libraries come with the extra `computer` and are imported by the first request that needs them.
"""
