"""Settings a clip can play in."""
