"""Which drawing shows which product: by family, then by a word in the product id; the first that fits."""

from __future__ import annotations

from collections.abc import Callable

from demo.pictures import bathroom, desk, kitchen, outdoors, pantry, tableware, textiles
from demo.pictures.canvas import Canvas
from demo.pictures.palette import Color

Drawing = Callable[[Canvas, Color, Color], None]
"""(canvas, the product's colour, a house colour for its label)."""

DRAWINGS: dict[str, tuple[tuple[str, Drawing], ...]] = {
    "Green tea": (("", pantry.tea_tin),),
    "Black tea": (("", pantry.tea_tin),),
    "Oolong tea": (("", pantry.tea_tin),),
    "Herbal infusions": (("", pantry.herb_pouch),),
    "Matcha": (("whisk", pantry.matcha_whisk), ("set", pantry.matcha_set), ("", pantry.matcha_tin)),
    "Coffee beans": (("", pantry.coffee_bag),),
    "Decaf coffee": (("", pantry.coffee_bag),),
    "Coffee makers": (
        ("moka", pantry.moka_pot),
        ("dripper", pantry.dripper),
        ("server", pantry.coffee_server),
        ("press", pantry.french_press),
    ),
    "Coffee grinders": (("box", pantry.box_mill), ("", pantry.hand_grinder)),
    "Filters and care": (
        ("paper", pantry.filter_papers),
        ("linen", pantry.linen_filter),
        ("scoop", pantry.scoop),
        ("brush", bathroom.dish_brush),
    ),
    "Knives": (
        ("cooks", kitchen.cooks_knife),
        ("santoku", kitchen.santoku),
        ("bread", kitchen.bread_knife),
        ("fillet", kitchen.filleting_knife),
        ("", kitchen.small_knife),
    ),
    "Pans and pots": (
        ("skillet", kitchen.skillet),
        ("casserole", kitchen.casserole),
        ("saucepan", kitchen.saucepan),
        ("milk", kitchen.milk_pan),
        ("wok", kitchen.wok),
    ),
    "Chopping boards": (
        ("end-grain", kitchen.end_grain_board),
        ("serving", kitchen.paddle_board),
        ("", kitchen.board),
    ),
    "Utensils": (
        ("salt-pig", kitchen.salt_pig),
        ("spoon", kitchen.spoon),
        ("spatula", kitchen.spatula),
        ("rolling", kitchen.rolling_pin),
        ("whisk", kitchen.whisk),
        ("ladle", kitchen.ladle),
        ("strainer", kitchen.strainer),
        ("mortar", kitchen.mortar),
    ),
    "Bakeware": (
        ("loaf", kitchen.loaf_tin),
        ("pie", kitchen.pie_dish),
        ("cake", kitchen.cake_tin),
        ("sheet", kitchen.baking_sheet),
        ("basket", kitchen.proving_basket),
    ),
    "Storage jars": (
        ("cork", kitchen.cork_jar),
        ("caddy", pantry.caddy),
        ("crock", kitchen.crock),
        ("bread", kitchen.bread_bin),
    ),
    "Kettles": (
        ("gooseneck", tableware.gooseneck),
        ("copper", tableware.copper_kettle),
        ("cast-iron", tableware.iron_teapot),
        ("", tableware.kettle),
    ),
    "Mugs": (
        ("fell", tableware.low_mug),
        ("thumbprint", tableware.cup),
        ("espresso", tableware.espresso_cup),
        ("enamel", tableware.enamel_mug),
        ("", tableware.mug),
    ),
    "Teapots": (
        ("one-cup", tableware.small_teapot),
        ("side", tableware.side_handle_teapot),
        ("glass", tableware.glass_teapot),
        ("cast-iron", tableware.iron_teapot),
        ("", tableware.teapot),
    ),
    "Bowls": (
        ("noodle", tableware.noodle_bowl),
        ("pasta", tableware.wide_bowl),
        ("salad", tableware.wide_bowl),
        ("mixing", tableware.mixing_bowl),
        ("", tableware.bowl),
    ),
    "Plates": (
        ("side", tableware.small_plate),
        ("platter", tableware.platter),
        ("dish", tableware.little_dish),
        ("", tableware.plate),
    ),
    "Glasses": (
        ("wine", tableware.wine_glass),
        ("bubble", tableware.bubble_glass),
        ("bistro", tableware.bistro_glass),
        ("tea", tableware.tea_glass),
        ("", tableware.tumbler),
    ),
    "Jugs": (
        ("pitcher", tableware.pitcher),
        ("carafe", tableware.carafe),
        ("gravy", tableware.gravy_boat),
        ("", tableware.milk_jug),
    ),
    "Tea towels": (
        ("striped", textiles.striped_towel),
        ("waffle", textiles.waffle_towel),
        ("", textiles.plain_towel),
    ),
    "Napkins": (
        ("runner", textiles.table_runner),
        ("cloth", textiles.tablecloth),
        ("", textiles.folded_napkins),
    ),
    "Aprons": (("waist", textiles.waist_apron), ("work", textiles.work_apron), ("", textiles.apron)),
    "Throws": (
        ("waffle", textiles.waffle_throw),
        ("picnic", textiles.picnic_blanket),
        ("", textiles.throw),
    ),
    "Bed linen": (("pillow", textiles.pillow), ("duvet", textiles.bed), ("", textiles.folded_napkins)),
    "Plant pots": (
        ("large", outdoors.large_pot),
        ("glazed", outdoors.glazed_planter),
        ("footed", outdoors.footed_planter),
        ("seedling", outdoors.seedling_pots),
        ("", outdoors.terracotta_pot),
    ),
    "Garden tools": (
        ("trowel", outdoors.trowel),
        ("fork", outdoors.hand_fork),
        ("secateurs", outdoors.secateurs),
        ("dibber", outdoors.dibber),
        ("twine", outdoors.twine),
        ("gloves", outdoors.gloves),
        ("snips", outdoors.snips),
    ),
    "Seeds": (("", outdoors.seed_packet),),
    "Watering cans": (
        ("indoor", outdoors.indoor_can),
        ("mister", outdoors.mister),
        ("", outdoors.watering_can),
    ),
    "Notebooks": (
        ("pocket", desk.pocket_notebook),
        ("journal", desk.journal),
        ("recipe", desk.recipe_book),
        ("garden", desk.garden_diary),
        ("", desk.notebook),
    ),
    "Pens and pencils": (
        ("sharpener", desk.sharpener),
        ("pencils", desk.pencils),
        ("bottled", desk.ink_bottle),
        ("", desk.fountain_pen),
    ),
    "Cards and paper": (
        ("writing", desk.letter_paper),
        ("wrapping", desk.wrapping_paper),
        ("planner", desk.planner),
        ("", desk.cards),
    ),
    "Desk": (
        ("tray", desk.pen_tray),
        ("bookends", desk.bookends),
        ("rack", desk.letter_rack),
        ("mat", desk.desk_mat),
    ),
    "Candles": (
        ("pillar", bathroom.pillar_candle),
        ("dinner", bathroom.dinner_candles),
        ("", bathroom.jar_candle),
    ),
    "Soap": (
        ("hand-wash", bathroom.hand_wash),
        ("oatmeal", bathroom.speckled_soap),
        ("scrub", bathroom.speckled_soap),
        ("gardeners", bathroom.speckled_soap),
        ("", bathroom.soap),
    ),
    "Bath towels": (
        ("sheet", textiles.hanging_bath_sheet),
        ("mat", textiles.bath_mat),
        ("", textiles.folded_towels),
    ),
    "Bath salts": (("", bathroom.bath_salts),),
    "Brushes": (
        ("bath", bathroom.bath_brush),
        ("nail", bathroom.nail_brush),
        ("dish-brush", bathroom.dish_brush),
        ("", bathroom.soap_dish),
    ),
}
