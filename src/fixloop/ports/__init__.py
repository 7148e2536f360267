"""What fixloop asks of the outside: git, the clock, a cache, the record. Adapters answer; tests bring fakes."""
