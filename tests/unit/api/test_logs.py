"""The log over HTTP: searched while telemetry is away, and followed."""
