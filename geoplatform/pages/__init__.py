"""What all pages share, whichever room makes them: frame, look, words, the place they are about, the map's library."""
