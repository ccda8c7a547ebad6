"""CMAF ingest over HTTP: the DASH-IF Live Media Ingest protocol, Interface 1."""
