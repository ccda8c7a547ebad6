"""The edge: one upstream request per playlist version and part whatever the audience, and the HTTP front door."""
