"""Slack's Web API as both Slacks need it: the control room and the publisher.

One call, once, and what its answer means; which channel a name stands for. It knows no card and no
clip. Its one invariant: what it raises says whether Slack may have done as asked all the same.
"""
