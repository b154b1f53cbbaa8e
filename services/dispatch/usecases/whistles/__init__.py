"""吹哨报到 as commands: blow, act, and what the passing of time does. Cases are locked first, then whistles."""
