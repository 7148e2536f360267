"""The four steps, compiled from a workspace: intent, extraction, fetch, plan."""
