"""A player without a screen: a real LL-HLS client for checks, load and benchmarks."""
