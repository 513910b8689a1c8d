"""What the images look like; every constant of them stands here. Changing one makes trained encoders useless."""

from __future__ import annotations

SIDE_PX = 256
"""Height and width of an image; its channels are red, green and blue."""

ZOOM_PX = SIDE_PX // 2
"""Side of a zoom, and width of the site map."""

ZOOM_RADIUS_M = 300.0
"""Half the side of what a zoom shows: wide enough for the way to the mast, whose length and houses an autoencoder then
learns. At 96 m it learns the houses around the user alone, which say little of the level."""

SITE_MARGIN_PX = 5
"""Ground around the site on its map: markers on the site's border are whole."""

# 8-bit red, green, blue. Edges are blended by the share of the pixel that is covered (anti-aliasing by area).
GROUND = (255, 255, 255)
FOLIAGE = (60, 170, 60)
BUILDING = (225, 30, 30)
LINK = (70, 175, 255)
BASE_STATION = (0, 0, 0)
USER = (0, 0, 255)

LINK_WIDTH_PX = 2.0
MARKER_RADIUS_PX = 4.5
"""Of the disc, and of the circle around the triangle."""
