"""The guest's own network configuration: edited from inside, or by a person."""
