"""Routes to the numbers of Canatar, Bordelon and Pehlevan 2020 that use no theory."""
