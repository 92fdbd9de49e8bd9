"""Buy Till You Die models applied row by row: what a customer's purchase days foretell."""
