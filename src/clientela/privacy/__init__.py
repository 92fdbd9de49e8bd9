"""What a person may ask of the firm: erasure, access, correction, objection."""
