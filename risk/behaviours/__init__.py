"""One file per behaviour; a file's presence is its registration."""
