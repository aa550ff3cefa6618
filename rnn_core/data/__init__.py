"""From files to examples, tokens, vocabulary and batches of like length. Loads no torch."""
