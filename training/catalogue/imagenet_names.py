"""Which ImageNet classes name each object of the catalogue: a sensible person would accept any of them.

ImageNet has no word for some objects (toy blocks, a charger, a framed picture); they keep the nearest honest
names and mostly count as misses. Names are torchvision's, in lower case.
"""

from __future__ import annotations

_WATCH = ("digital watch", "analog clock", "stopwatch", "wall clock", "digital clock", "buckle")
_CLOTH_PILE = ("quilt", "bath towel", "pillow", "velvet", "wool", "handkerchief")

FITTING: dict[str, tuple[str, ...]] = {
    # Kitchen & Dining
    "mug": ("coffee mug", "cup", "measuring cup"),
    "frying_pan": ("frying pan", "wok"),
    "wok": ("wok", "frying pan", "caldron", "crock pot", "mixing bowl"),
    "lidded_pot": ("dutch oven", "crock pot", "caldron", "hot pot"),
    "mixing_bowls": ("mixing bowl", "soup bowl", "cup"),
    "casserole": ("dutch oven", "crock pot", "caldron", "soup bowl", "hot pot"),
    "dinner_plates": ("plate", "tray", "plate rack"),
    "water_bottle": ("water bottle", "pop bottle", "cocktail shaker"),
    # Watches
    "leather_round": _WATCH,
    "leather_square": _WATCH,
    "steel_bracelet": _WATCH,
    "chronograph": _WATCH,
    "rubber_sport": _WATCH,
    "digital": _WATCH,
    "bangle": _WATCH,
    "standing_leather": _WATCH,
    # Computers
    "laptop": ("laptop", "notebook", "desktop computer", "screen", "hand-held computer"),
    "mouse_and_pad": ("mouse",),
    "router": ("modem",),
    "charger": ("modem", "switch"),
    "laptop_battery": ("hard disc", "modem"),
    "usb_stick_and_lamp": ("spotlight", "table lamp"),
    "keyboard": ("computer keyboard", "space bar", "typewriter keyboard"),
    "backpack": ("backpack",),
    # Beauty and Personal Care
    "deodorant": ("hair spray", "lotion", "sunscreen", "perfume"),
    "perfume": ("perfume", "lotion"),
    "lipstick": ("lipstick", "face powder"),
    "nail_polish": ("lipstick", "perfume", "lotion", "face powder"),
    "cream_jar": ("face powder", "lotion", "sunscreen", "pill bottle"),
    "dropper_bottle": ("lotion", "perfume", "pill bottle", "sunscreen"),
    "soap": ("soap dispenser", "lotion"),
    "jewel_box": ("chest", "purse", "crate"),
    # Home Decor & Festive Needs
    "vase": ("vase", "pot", "pitcher"),
    "framed_picture": ("book jacket", "comic book", "screen"),
    "plant_pot": ("pot", "vase"),
    "painted_pot": ("vase", "pot", "pitcher"),
    "decorative_bowl": ("mixing bowl", "soup bowl", "goblet", "vase", "cup"),
    "table_lamp": ("table lamp", "lampshade"),
    "candles": ("candle",),
    "figurine": ("pedestal", "totem pole", "african elephant", "indian elephant", "tusker"),
    # Home Furnishing
    "folded_sheets": _CLOTH_PILE,
    "made_bed": ("four-poster", "studio couch", "quilt", "pillow"),
    "curtains": ("shower curtain", "window shade", "theater curtain"),
    "towels": ("bath towel", "quilt", "wool"),
    "cushions": ("pillow", "quilt", "studio couch"),
    "tablecloth": ("dining table",),
    "rug": ("prayer rug", "doormat", "bath towel"),
    "rolled_quilt": (*_CLOTH_PILE, "sleeping bag"),
    # Baby Care
    "onesies": ("jersey", "diaper", "bib", "pajama", "sweatshirt"),
    "baby_bottle": ("nipple", "water bottle", "pop bottle"),
    "toy_blocks": ("jigsaw puzzle", "crossword puzzle"),
    "dress": ("miniskirt", "overskirt", "hoopskirt", "gown", "apron"),
    "shorts": ("swimming trunks", "diaper", "jean"),
    "folded_blanket": _CLOTH_PILE,
    "diaper_bag": ("purse", "mailbag", "backpack", "shopping basket"),
    "rattle": ("maraca",),
}
