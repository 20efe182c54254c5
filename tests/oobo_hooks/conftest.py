from tests.oobo_hooks.scene import quick, repository

__all__ = ["quick", "repository"]
