"""The whole job, from files to published results, and the lists that come out of it."""
