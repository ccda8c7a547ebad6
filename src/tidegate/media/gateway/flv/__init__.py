"""What RTMP messages and FLV files have in common: tags, AMF0 values, and how they become packets."""
