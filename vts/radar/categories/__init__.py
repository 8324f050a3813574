"""One file per ASTERIX category: its edition and its table; the file's presence is its registration."""
