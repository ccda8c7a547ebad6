"""CMAF packaging (ISO/IEC 23000-19): packets of any protocol become parts and segments on one timeline."""
