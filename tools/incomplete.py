"""The fact that stops the generator: something that a generated file is made of lacks a part."""


class Incomplete(Exception):
    """The message is one sentence: what lacks which part, and where to add it."""
