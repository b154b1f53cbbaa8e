"""Three months of a street played through under the fake clock: orders, people and their neglect, nights and holidays.

`python -m tests.quarter` plays as many days and orders as it is told; the test plays three days of National Day week.
"""
