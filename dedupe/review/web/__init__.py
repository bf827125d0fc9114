"""The review as a page in the browser, served to this machine alone.

``serve`` runs it. Decisions and acting stay on the main thread behind a queue; uvicorn runs in a thread of its own and
hands over what is asked. The page sends intents and never paths.
"""
