"""The shared kernel: not a service. Everything a service needs that is not about grids, orders or cases."""
