"""Injected faults: what a guard must notice."""
