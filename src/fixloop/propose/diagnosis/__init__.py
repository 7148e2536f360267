"""Which reading is meant: by each rejection, by those that explain each other, by all as groups and sets."""
