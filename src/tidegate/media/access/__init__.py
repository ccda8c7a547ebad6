"""Who may watch: playback tokens, the keys that sign them, and the gate that edges ask."""
