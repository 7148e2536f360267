"""Each synthesiser on a small world: what was planted comes back, what is right stays."""
