"""Models of one spike train, fitted by likelihood."""
