"""Routes to the numbers of Lee et al. 2019 that use no theory: wide networks that really train."""
