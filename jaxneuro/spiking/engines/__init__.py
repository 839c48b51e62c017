"""Three ways to run one network."""
