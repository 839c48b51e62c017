"""How animals move, and what their paths are like."""
