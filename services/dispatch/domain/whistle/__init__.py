"""吹哨报到: who is called, what each step changes, what a passed deadline does. No I/O; takes `now`."""
