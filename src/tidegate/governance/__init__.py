"""What the numbers mean, and what they cost."""
