"""`omar tour`: the whole suite shown on real things in a throw-away place, and the demo agent it may use."""
