"""What players say of playback."""
