"""Named formulas over facts: one definition, one number, everywhere."""
