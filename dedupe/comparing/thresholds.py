"""Every threshold of a verdict: its unit, its value, and what was measured on either side of it.

Figures in brackets are extremes over photographs: *copies* are the everyday changes of ``benchmarks.changes`` and those of
AugLy, *second shots* those of ``benchmarks.lookalikes`` and the sequences of real cameras, *strangers* nearest pairs of
different photos.
``python -m benchmarks.pairs TREE --measures`` measures them on any tree with a ``truth.csv``, ``python -m benchmarks.accuracy
--judge-pairs N`` on strangers. A value without brackets that says so is a guess: nobody has measured what is on either side.
"""

from __future__ import annotations

from typing import Final

LOW_TEXTURE: Final = 0.1
"""Share of blocks with contrast, 0–1. Below it the agreement of the rest proves little (a guess)."""

# -- relate ----------------------------------------------------------------------------------------------------------

SCENE: Final = 0.3
"""25th percentile of the blocks' correlation, −1…1, from which two pictures show one scene.

[AugLy's changes ≥ 0.89 but for an edge filter, 0.08.]
"""
FIT: Final = 0.4
"""Mean correlation of all blocks, −1…1, from which they do [copies ≥ 0.69; strangers on one bedspread ≤ 0.53]."""
NOISE_QUALITY: Final = 85
"""JPEG quality, 1–100, from which a file lets sensor noise through (a guess)."""
TRIMMED: Final = 0.9995
"""Ratio of sampling nearer to 1 than which two sizes differ by trimmed rows alone (a guess)."""
TOO_SOFT: Final = 1.5
"""Sigma, pixels, from which the softer picture shows nothing finer and both are made smaller (a guess)."""
SMALL_BLOCKS: Final = 4
"""Textured blocks that a small shared part must have at the first look [a photo on a tenth of a screen 8]."""
SMALL_INLIERS: Final = 12
"""Key points that must agree there [photos on AugLy's screens ≥ 19]."""
SMALL_QUARTER: Final = 0.9
"""25th percentile of the blocks' correlation there [photos on AugLy's screens ≥ 0.99]."""
STRAIGHTER: Final = 0.75
"""Share of the bend that must go for another tilt to be believed (a guess)."""

# -- classify --------------------------------------------------------------------------------------------------------

AGREEMENT: Final = 0.85
"""Share of the clear blocks that correlate once shifted, 0–1 [AugLy's changes ≥ 0.97]."""
BENDS: Final = ((12.0, 0.1), (30.0, 0.05))
"""(F statistic, amplitude in pixels) pairs; above both of one pair the displacement bends.

[Copies ≤ 0.06 px; second shots from the hand ≥ 0.16 px at F ≥ 18.]
"""
MOST_COVERED: Final = 0.45
"""Share of the overlap, 0–1, that may differ by other things than marks (a guess)."""
NEARLY_ALL: Final = 0.75
"""Share of the overlap, 0–1, that may differ by anything (a guess)."""
WHOLE_FRAME: Final = 0.004
"""Distance of corners, share of the long side, up to which a frame is whole (a guess)."""
STRETCH: Final = 0.004
"""How much one direction may be longer than another, beyond rounding (a guess)."""
SHOWN_ALONE: Final = 0.05
"""Share of either frame that may show what the other does not, 0–1 [AugLy's perspective ≤ 0.02]."""
SOFT: Final = 1.2
"""Sigma, pixels of the grid, from which a picture counts as blurred (a guess)."""
CALM_PEAK: Final = 0.7
"""Strongest local disagreement, 1 is a difference, up to which nothing can be seen (a guess)."""
TONE: Final = 5.0
"""Mean departure of the tone curve, grey levels, up to which the tone is the same.

[Re-saves ≤ 3.1; overlaid stripes ≥ 2.2, jitter ≥ 24.]
"""
COLOUR: Final = 10.0
"""Strongest local departure of chroma, grey levels [re-saves of sRGB files ≤ 9; spots of colour more]."""
LIGHT: Final = 7.0
"""Strongest local departure of lightness, grey levels [re-saves of sRGB files ≤ 4.1]."""
CAST: Final = 2.5
"""Mean departure of chroma, grey levels [re-saves of sRGB files ≤ 1.4; a lost wide profile 3.4]."""

# -- sensor_noise ----------------------------------------------------------------------------------------------------

NOISE_STRENGTH: Final = 0.75
"""Noise, grey levels, from which it counts as each picture's own (a guess)."""
NOISE_SHARED: Final = 0.5
"""Share of the weaker noise that the other picture holds, 0–1, below which it is its own.

[Marked copies ≥ 0.60; second shots ≤ 0.52 where cells are flat.]
"""
NOISE_LIKENESS: Final = 0.55
"""Correlation of both noises, −1…1, from which they are one.

[Marked copies ≥ 0.59; second shots from the hand ≤ 0.28 and tripod shots ≤ 0.53 where cells are flat, but for one of
0.63 at noise of one level.]
"""
LEAST_NOISE: Final = 0.3
"""Noise, grey levels, from which it tells anything [marked copies ≥ 0.43; drawn pages 0]."""
NOISELESS: Final = 0.35
"""Share of the places, 0–1, clipped or without noise, from which a picture is drawn rather than taken.

[Photos ≤ 0.15 but for white grounds.]
"""
UNEXPLAINED: Final = 0.75
"""Structure, grey levels in the median, that nothing explains.

[Marked copies ≤ 0.66; second shots from the hand ≥ 0.76.]
"""
UNEXPLAINED_SHARE: Final = 0.4
"""The same as a share of the noise, for pictures full of structure.

[Copies in perspective ≤ 0.37; second shots ≥ 0.9.]
"""
STRUCTURE: Final = 2.0
"""Noise, grey levels, from which it must be structure (a guess)."""
STRUCTURE_LIKENESS: Final = 0.8
"""Correlation, −1…1, that structure must show.

[Copies ≥ 0.85; shots from a tripod pass it too: other evidence must tell these.]
"""
STILL: Final = 0.12
"""Median shift of the sure blocks, pixels, up to which nothing moved.

[AugLy's copies ≤ 0.08; second shots from the hand ≥ 0.22.]
"""
SHAKEN: Final = 0.15
"""Median shift, pixels, from which the camera or the scene moved [as STILL]."""
SURE_SHIFT: Final = 0.08
"""Standard error, pixels, up to which the shift of a block is sure (a guess)."""
LEAST_SHIFTS: Final = 12
"""Sure blocks that must be there to tell (a guess)."""

# -- moved ------------------------------------------------------------------------------------------------------------

FOUND_AGAIN: Final = 0.9
"""Correlation from which a patch is found again elsewhere (a guess)."""
NOT_IN_PLACE: Final = 0.6
"""Correlation up to which it is not in its own place any more (a guess)."""
LEAST_FOUND: Final = 6
"""Patches, at least, that moved in one way [AugLy's stickers, stripes and words ≤ 3]."""
SHARE_FOUND: Final = 0.08
"""Their share, 0–1, of all patches of what differs.

[AugLy's stickers, stripes and words ≤ 0.04; a face or a cat that moved and turned by up to 5° ≥ 0.08, without turning ≥ 0.14.]
"""

# -- untouched -------------------------------------------------------------------------------------------------------

EXACT_PLACES: Final = 30
"""Places of a frame that must hold exactly for the rest to be put on [AugLy's stickers and stripes ≥ 33]."""
EXACT_SHARE: Final = 0.2
"""Share, 0–1, of the places that must hold exactly [AugLy's stickers and stripes ≥ 0.39]."""
EXACT_AMONG_NEAR: Final = 0.75
"""Share, 0–1, of the exact places among those that hold exactly or nearly.

[AugLy's stickers and stripes ≥ 0.87; second shots of a tripod with noise of 0.3 grey levels ≤ 0.44, of 1 and more 0.]
"""

# -- overlap ---------------------------------------------------------------------------------------------------------

SHOWN_STRUCTURE: Final = 2.5
"""Contrast, grey levels, from which a place shows something (a guess)."""
PADDED: Final = 0.5
"""Share of what is outside, 0–1, in two colours, from which it is padding (a guess)."""
RIM: Final = 0.015
"""Share of the long side along a frame that is not asked, since frames are placed to a pixel or two (a guess)."""

# -- regions ---------------------------------------------------------------------------------------------------------

SPECK_SIDE: Final = 0.04
"""Side, share of the long side, below which a region is a speck (a guess)."""
STROKE_WIDTH: Final = 0.035
"""Width of strokes, share of the long side (a guess)."""
CHANGED: Final = 24.0
"""Difference of a channel, grey levels, from which a pixel changed (a guess)."""
VEILED: Final = 1.2
"""Contrast, grey levels, from which structure can be followed under a veil (a guess)."""
LEAST_VEILED: Final = 0.35
"""Share of a region, 0–1, in which it can (a guess)."""
VEIL_LIKENESS: Final = 0.6
"""Correlation of 7 × 7 windows, −1…1, from which the structure is the same (a guess)."""
VEIL_SHARE: Final = 0.6
"""Share of those windows, 0–1, that must be alike (a guess)."""
LETTER_CONTRAST: Final = 80.0
"""Grey levels between letters and paper, at least (a guess)."""
BOTH_TONES: Final = 0.85
"""Share of a place, 0–1, in the tones of letters and paper (a guess)."""
LEAST_TONE: Final = 0.06
"""Share of the rarer of both, at least (a guess)."""

PAPER_TONE: Final = 4
"""Grey levels around the commonest tone that are the tone of a paper."""
PAPER_ROUND: Final = 0.3
"""Share, 0–1, of what is round retyped letters in that tone, from which they stand on paper.

[Pages and receipts with the noise of a scanner ≥ 0.58, letters on a cloudy sky ≤ 0.23.]
"""

# -- difference ------------------------------------------------------------------------------------------------------

CONTRAST_SLACK: Final = 0.15
"""Share of the local contrast (power) that may stay unexplained (a guess)."""
PAPER: Final = 0.42
"""Share of one tone, ± 2 of 256, from which a picture is a page or a screen [3 % of photographs, on white grounds, more]."""
PAPER_AND_PANELS: Final = 0.55
"""Share of two tones, ± 2 of 256 each, from which a picture is a page or a screen.

[3 % of photographs more; AugLy's screens 0.52 in small, more at full size.]
"""

# -- measure ---------------------------------------------------------------------------------------------------------

LEAST_BLOCKS: Final = 12
"""Fewer textured blocks than this prove nothing by their places (a guess)."""
BLOCK_AGREES: Final = 0.8
"""Correlation of a block, −1…1, from which it agrees once shifted (a guess)."""

# -- homography ------------------------------------------------------------------------------------------------------

RICHER_GAIN: Final = 1.15
"""Factor by which a richer map must explain more key points (a guess)."""
RICHER_MORE: Final = 4
"""Key points that it must explain beyond that (a guess)."""
FINE_PX: Final = 1.0
"""Distance, pixels of the preview, within which a key point is placed to the pixel [copies in perspective: half within 0.4]."""
FINER_GAIN: Final = 1.5
"""Factor by which a homography must place more of them so.

[AugLy's perspective that an affine map explains to 4 pixels: the affine map places half of them worse than 1.5 pixels.]
"""
MOST_STRETCH: Final = 3.0
"""How much longer one direction may become than another (a guess)."""
MOST_TILT: Final = 0.8
"""How much nearer a rim may be than the middle, as a share (a guess)."""

# -- keystone --------------------------------------------------------------------------------------------------------

LEAST_TILT: Final = 0.004
"""Tilt, share, below which no corner moves by more than a thousandth of the side."""
HAND_TILT: Final = 0.08
"""Tilt, share, below which it may be a hand's between two shots, where each shows something that the other does not.

[Shots turned by up to 0.8° about each axis ≤ 0.022. Of 60 that AugLy put in perspective one is beside its source like that.]
"""
HARDLY_FINER: Final = 1.3
"""How much finer the closest look may be than one before it that is asked about noise in its place.

[Photos of 500 px, whose previews have 400: 1.25. Second shots of 1,200 px and more, whose previews show one noise: 3 and more.]
"""
BESIDE_EACH_OTHER: Final = 0.001
"""Share of its frame, 0–1, from which a picture shows something beside another that a hand may have tilted (a guess)."""
MOST_KEYSTONE: Final = 0.6
"""Tilt, share, up to which a fit to blocks is believed [AugLy's ≤ 0.17]."""

# -- sharpness -------------------------------------------------------------------------------------------------------

SHARPNESS_APART: Final = 2.0
"""Ratio of crispness from which the sharper picture is softened (a guess)."""

# -- align -----------------------------------------------------------------------------------------------------------

DESCRIPTOR_RATIO: Final = 0.8
"""Distance of the best match over that of the second best (Lowe 2004: 0.8)."""
WHOLE_LIKENESS: Final = 0.8
"""Correlation of thumbnails, −1…1, from which frames are tried on each other (a guess: the measurement decides)."""

FRAME_SIDE: Final = 512
"""Long side in pixels at which frames and pages are compared: of a scanned page a letter is four pixels high."""
FRAME_GRID: Final = 32
"""Parts a page is divided into each way: a changed word must not drown in the rest of its page."""
FRAME_LOCAL: Final = 6.0
"""Grey levels by which a part of a page may differ.

[14 pages, receipts and chats of ``benchmarks.documents`` and 4 photographs saved again as JPEG of 20-90, WebP of 30 and
75, AVIF of 40: ≤ 4.2; another page ≥ 20; one word put on it 15 in the median.]
"""
FRAME_RATIO: Final = 2.0
"""How many times the difference of the two first pages a later one may have.

That of a copy of half the size is 3-7, of a photograph as GIF 3-11. The factor is a guess.
"""
