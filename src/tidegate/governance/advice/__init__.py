"""What is wrong with one stream, in plain sentences, and what to do about it."""
