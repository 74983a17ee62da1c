"""Routes to the numbers of Saxe et al. 2013 that use none of its closed forms."""
