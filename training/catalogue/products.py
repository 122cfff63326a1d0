"""What the catalogue holds: for each category its modules and, in each, the objects, one function each."""

from __future__ import annotations

PRODUCTS: dict[str, dict[str, tuple[str, ...]]] = {
    "Baby Care": {
        "baby_clothes": ("onesies", "dress", "shorts"),
        "nursery": ("baby_bottle", "toy_blocks", "folded_blanket", "diaper_bag", "rattle"),
    },
    "Beauty and Personal Care": {
        "beauty": (
            "deodorant",
            "perfume",
            "lipstick",
            "nail_polish",
            "cream_jar",
            "dropper_bottle",
            "soap",
            "jewel_box",
        ),
    },
    "Computers": {
        "desktop": ("laptop", "mouse_and_pad", "keyboard", "router"),
        "peripherals": ("charger", "laptop_battery", "usb_stick_and_lamp", "backpack"),
    },
    "Home Decor & Festive Needs": {
        "vessels": ("vase", "framed_picture", "painted_pot", "decorative_bowl"),
        "ornaments": ("plant_pot", "table_lamp", "candles", "figurine"),
    },
    "Home Furnishing": {
        "furnishing": (
            "folded_sheets",
            "made_bed",
            "curtains",
            "towels",
            "cushions",
            "tablecloth",
            "rug",
            "rolled_quilt",
        ),
    },
    "Kitchen & Dining": {
        "kitchen": (
            "mug",
            "frying_pan",
            "wok",
            "lidded_pot",
            "mixing_bowls",
            "casserole",
            "dinner_plates",
            "water_bottle",
        ),
    },
    "Watches": {
        "watches": (
            "leather_round",
            "leather_square",
            "steel_bracelet",
            "chronograph",
            "rubber_sport",
            "digital",
            "bangle",
            "standing_leather",
        ),
    },
}
