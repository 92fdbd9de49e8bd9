"""Buy Till You Die models: one file a model, fitted by maximum likelihood."""
