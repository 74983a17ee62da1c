"""Routes to the numbers of Bordelon and Pehlevan 2022 that use none of the theory's formulas."""
