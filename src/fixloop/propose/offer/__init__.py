"""What a person is offered: a fix named, a question, or neither; how sure it is, and in which order."""
