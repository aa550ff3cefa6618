"""Layers of the cells over time as compiled loops, forwards and backwards.

A whole layer, in one direction or both, is one call in each thread: the threads share out the rows of each product,
wait for each other (`barrier.wait_at`), and go through all T steps with some texts of the batch each, which know nothing of each
other. Steps are read from the first to the last or, `back`, from the last to the first. At pads, t ≥ lengths (B,),
states and δ are zero: so a text that is read back starts from zero at its own end.

Arrays are C-contiguous, of one dtype, and have the D' directions of the layer in front: u (D', G·d, n), w (D', G·d, d),
b (D', G·d). h (T + 2, B, D'·d) has the state after step t (from 0) at t + 1, the directions side by side, and at its two
ends those before the first step. grad_h (m, D'·d) is ∂L/∂h of the states that something was made of, and `taken` (T, B)
says which of its rows is whose, −1 for none. Gates are (D', T, B, ≥ G·d), δ (threads, C, ≥ G·d): rows
may be longer than what is used of them. x (M, n) holds the different inputs and `which` (T, B) says which of them each step
reads; or `which` is empty, x is (T·B, n), and each step reads its own.
docs/performance.md has what was measured.

Numba compiles a function for each kind of array it meets, and a slice of columns is another kind than a whole array: so
`[:, :n]` stands where it takes all columns too.
"""
