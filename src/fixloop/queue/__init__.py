"""The merge queue: rebuild a fix on the newest base, gate that exact tree, land it."""
