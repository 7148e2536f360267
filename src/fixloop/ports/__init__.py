"""What fixloop asks of the outside: git, clock, cache, record. Adapters answer; tests bring fakes."""
