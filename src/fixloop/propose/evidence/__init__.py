"""What speaks for a reading: each piece, and what it is worth."""
