"""Publishers' protocols, one folder each: bytes from an encoder in, codec configurations and packets out."""
