"""Arenas: walls, doors, objects; moving among them and seeing them."""
