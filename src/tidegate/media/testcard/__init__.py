"""A moving test picture with a running clock and a tone, published as a real encoder would."""
