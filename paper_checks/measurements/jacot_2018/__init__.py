"""Routes to the numbers of Jacot, Gabriel, Hongler 2018 that use no infinite-width formula."""
