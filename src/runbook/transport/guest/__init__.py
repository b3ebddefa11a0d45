"""A guest from the inside: through its agent, or at its serial console."""
