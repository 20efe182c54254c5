from tests.oobo_hooks.scene import repository

__all__ = ["repository"]
