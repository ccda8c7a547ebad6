"""The slate: what viewers see while nobody publishes, encoded beforehand into a short loop of CMAF chunks."""
