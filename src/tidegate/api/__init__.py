"""The HTTP API under `/api/v1`, the pages of the console, and what operators' machines ask."""
