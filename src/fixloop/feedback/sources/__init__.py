"""The formats feedback comes in: a file each, found by being here; a function `read(stream)` in each.

`read` is a `feedback.incoming.Reader`: bytes in, rows or bad rows out. Redaction, fixtures, duplicates and
storage are the same for every source. A name that begins with an underscore is no source.
"""
