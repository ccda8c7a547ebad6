"""Contracts only: what crosses a wall between two parts. Imports nothing of ours, opens nothing, waits for nothing."""
