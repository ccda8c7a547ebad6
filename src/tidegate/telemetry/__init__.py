"""Facts in, queries out."""
