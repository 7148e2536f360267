"""What we believe should change, and every decision about it: hints, their states, the ledger."""
