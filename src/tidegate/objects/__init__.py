"""Objects: named byte strings for segments, indexes, recordings; one contract, one file per engine."""
