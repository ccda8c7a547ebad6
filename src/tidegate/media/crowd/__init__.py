"""Crowds of synthetic viewers: when they come, over which networks, from where, with what in their hands."""
