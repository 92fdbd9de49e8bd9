"""Who is about to leave: learnt and applied."""
