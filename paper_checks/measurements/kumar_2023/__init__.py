"""Routes to the numbers of Kumar et al. 2023 that use none of the theory's formulas."""
