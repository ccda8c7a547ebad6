"""Parsers of decoder configurations: what a publisher says about its bitstreams, turned into `media/types.py`."""
