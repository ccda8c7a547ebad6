"""Rules over indicators: what is wrong, for whom, since when, and what to do."""
