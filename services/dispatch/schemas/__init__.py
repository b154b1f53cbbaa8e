"""HTTP in and out of dispatch: what may stand in a body, and how cases and whistles look in an answer."""
