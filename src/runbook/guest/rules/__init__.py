"""What speaks for or against the change of a guest."""
