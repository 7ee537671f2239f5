"""What appears in a scene: built once, then moved from frame to frame."""
