"""How words are read: stems, synonyms, which texts are alike, and what values are called."""
