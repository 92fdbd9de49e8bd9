"""Live predictions: what is posted becomes rows of features, and the champion scores them."""
