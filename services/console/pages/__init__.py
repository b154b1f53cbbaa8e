"""What people see: the signed-in command screen and case pages (NiceGUI), sign-in and the public wall (plain HTML).

NiceGUI's components, Leaflet and the fonts come from the installed packages: nothing is fetched from outside.
"""
