"""What a branch may try, one test an attack: each is refused by a check that names itself."""
