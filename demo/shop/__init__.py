"""The demonstration's application: a small web shop with chat, written the way teams write it, and repaired.

Must never know of perfaudit: no comment, setting or name in it may help the recorder.
"""
