"""One file a suite: how its cases are asked and when an answer is right."""
