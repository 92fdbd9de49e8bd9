"""Who is about to leave: learnt from snapshots of the past beside what happened after them."""
