"""What lies below the fold is drawn when it is reached: a component of our own says whether somebody has scrolled there."""

import streamlit as st

from pages.common import state

_JS = """
export default function ({ parentElement, setStateValue }) {
  const mark = parentElement.querySelector(".fold")
  if (mark.watched) return
  let page = parentElement.host ?? parentElement
  while (page && !/auto|scroll/.test(getComputedStyle(page).overflowY)) page = page.parentNode?.host ?? page.parentNode
  if (!(page instanceof Element)) page = null  // the window itself scrolls
  let near = true, told = true
  const tell = () => { if (near !== told) setStateValue("near", told = near) }
  mark.watched = new IntersectionObserver(entries => {
    near = entries.at(-1).isIntersecting
    if (near) tell()
  }, { root: page, rootMargin: "10000000px 0px 0px 0px" })  // what lies above has been reached too
  mark.watched.observe(mark)
  // A message runs the page again, and one that is under way when a link is clicked would bring the old page back. So that
  // the place is out of view is told only when somebody turns to a field to type, and not on opening or leaving the page.
  const typing = event => { if (event.target.matches("textarea, input")) tell() }
  const signs = ["focusin", "input"]  // a field may have kept the focus
  signs.forEach(sign => document.addEventListener(sign, typing))
  return () => {
    signs.forEach(sign => document.removeEventListener(sign, typing))
    mark.watched.disconnect()
    mark.watched = null
  }
}
"""

_mark = st.components.v2.component("unrolled_fold", html='<div class="fold"></div>', js=_JS)


def reached(key: str, height: int) -> bool:
    """Whether what follows is to be drawn: somebody has scrolled to it, or nothing was chosen anew since they had.

    True until the browser has said otherwise. The page runs again when the place comes into view, and when somebody begins
    to type while it is out of view.

    Args:
        height: about how many pixels it takes, which are left empty where it is not to be drawn.
    """
    near = _mark(key=key, default={"near": True}, on_near_change=lambda: None).near
    reached_at = state.session().reached
    if near:
        reached_at[key] = state.selection()
    if near or reached_at.get(key) == state.selection():
        return True
    st.container(height=height, border=False)
    return False
