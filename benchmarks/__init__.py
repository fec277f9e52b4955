"""How fast the pipeline is, beside the least that the same work can cost; `python -m benchmarks` prints it."""
