"""A function for each command: changes the registry in the caller's transaction and says what the topic must tell."""
