"""Encrypts what viewers get, between the origin and its edges."""
