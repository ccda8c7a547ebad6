"""The composition root: reads the configuration, wires the ports, starts the roles. Only the CLI imports it."""
