"""The verdict on a merge result: lanes, checks, and why."""
