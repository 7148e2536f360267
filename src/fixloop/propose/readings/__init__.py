"""What could be wrong: every single-step change that could explain a rejection."""
