"""What staff said: read from a source, redacted together with its fixture, kept in shards."""
