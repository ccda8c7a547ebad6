"""Settings as the store keeps them: who set what, when and why, followed by every node."""
