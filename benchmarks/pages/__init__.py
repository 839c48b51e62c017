"""What docs/measured.md says of each benchmark: prose here, numbers from benchmarks/results/*.json."""
