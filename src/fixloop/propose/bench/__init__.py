"""What fixes are tried on: the base, measured once, and the dry run of a draft on it."""
