"""Codes, losses, and the loop that trains."""
