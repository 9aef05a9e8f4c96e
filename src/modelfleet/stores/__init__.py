"""What remembers: Kedro datasets and the stores of releases and channels.

Each implements a protocol that a lower floor states. Import a store from its own module: heavy
libraries load where they are used.
"""
