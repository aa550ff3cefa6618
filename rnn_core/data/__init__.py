"""From files to examples, tokens, vocabulary and batches of similar length. Loads no torch."""
