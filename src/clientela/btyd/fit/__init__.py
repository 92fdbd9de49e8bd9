"""Buy Till You Die models fitted by maximum likelihood, and the choice between them."""
