"""Learn: lessons whose steps are done on a network, and whose answers are marked by its own numbers."""

from pages.common import state
from pages.learn import lesson, listing

if state.selection().lesson is None:
    listing.show()
else:
    lesson.show(state.selection().lesson or "")
