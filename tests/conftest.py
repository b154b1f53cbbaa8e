from hypothesis import settings

pytest_plugins = ["tests.servers.plugin"]

# How long one example takes says how busy the machine is, not whether the code is right.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
