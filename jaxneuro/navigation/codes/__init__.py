"""What cells of a brain that knows its place do."""
