"""Ready handlers of pushes for web frameworks: `handlers.fastapi` and `handlers.flask`.

Each verifies a push before your function sees it, answers HTTP 400 to what did not pass a check, and answers HTTP 500
where your function raises, so that the push comes again. Make your function quick: a push has 5 s.
"""
