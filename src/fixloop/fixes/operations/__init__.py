"""One file an operation, or a pair that undo each other; a class here is an operation by being here."""
