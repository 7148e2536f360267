"""Words in, one command called, its result drawn, the exit code. No logic."""
