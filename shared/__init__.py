"""What the three commands and the daemon have in common. `shared` imports none of them."""

__version__ = "0.1.0"
