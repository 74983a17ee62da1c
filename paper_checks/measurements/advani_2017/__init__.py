"""Routes to the numbers of Advani and Saxe 2017 that use none of its closed forms."""
