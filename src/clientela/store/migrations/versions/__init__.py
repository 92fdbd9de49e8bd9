"""One file a revision, ``r<number>_<what>.py``; a published revision never changes."""
